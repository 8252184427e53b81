import { html, nothing } from "../vendor/lit/html.js";
import { currentLanguage, day, list, t, word } from "../i18n/index.js";
import { decision, invitation } from "../changes.js";
import { codesOf } from "../plan.js";
import { button, chip, choice, notice, ownOr, personName, section, unfolding, written } from "./parts.js";

const INVITED_AS = ["informal-carer", "informal-network"];

/** Who is in the team, what they do, and since when; the contact comes first. Then who could come into it. */
export function teamView(view) {
  const members = view.plan.members;
  return section(
    "team",
    ownOr(view, "team"),
    html`${notice(view, "team")} ${letter(view)}
    ${members.length
      ? html`<ul class="team">
          ${members.map((member) => html`<li>${memberView(view, member)}</li>`)}
        </ul>`
      : html`<p>${t("team.none")}</p>`}
    ${proposals(view)} ${invitationForm(view)}`,
  );
}

function memberView(view, member) {
  const coordinates = member.roles.includes("care-coordinator");
  const role = member.roles.find((each) => each !== "care-coordinator") ?? member.roles[0];
  const you = member.reference === view.session.user;
  return html`<p class="name">
      <strong>${member.name ?? t("team.unknown")}</strong>
      ${you ? chip(t("team.you"), "good") : nothing}
      ${member.isContact ? chip(t("team.contact"), "accent") : nothing}
      ${coordinates ? chip(word("role", "care-coordinator"), "accent") : nothing}
    </p>
    <p>${what(view, member, role)}</p>
    <p class="soft">${member.since ? t("team.since", { date: day(member.since) }) : nothing}</p>`;
}

function what(view, member, role) {
  const plain = word("role", role);
  const title = member.title && member.title.toLowerCase() !== plain ? member.title : undefined;
  const parts = [title ? written(title, view.plan.language) : plain];
  if (member.organisation) parts.push(written(member.organisation, view.plan.language));
  return parts.map((part, number) => html`${number ? " · " : ""}${part}`);
}

function proposals(view) {
  const proposals = view.plan.proposals;
  if (!proposals.length) return nothing;
  return html`<h3>${t("team.proposals")}</h3>
    <ul class="team">
      ${proposals.map((proposal, number) => html`<li>${proposalView(view, proposal, `proposal-${number}`)}</li>`)}
    </ul>`;
}

function proposalView(view, proposal, id) {
  const { participant } = proposal;
  const decide = (agrees) => view.actions.send(decision(proposal, agrees), { section: "team" });
  return html`<p class="name" id=${id}>
      <strong>${view.plan.who(participant.member) ?? t("team.unknown")}</strong>
      <span>${list(codesOf(participant.role).map((role) => word("role", role)))}</span>
    </p>
    <p class="soft">${t("team.proposed")}</p>
    ${view.offices.decides && participant.member
      ? html`<div class="acts">
          ${button(t("team.agree"), () => decide(true), { about: id })}
          ${button(t("team.decline"), () => decide(false), { about: id })}
        </div>`
      : nothing}`;
}

function invitationForm(view) {
  const { decides, coordinates } = view.offices;
  if (!view.plan.team || !(decides || coordinates)) return nothing;
  return html`<div class="acts">
    ${unfolding(view, "invite", {
      open: t("invite"),
      content: html`<p>${t("invite.text")}</p>
        ${decides ? nothing : html`<p>${t("invite.waits", { name: personName(view) })}</p>`}
        <label class="field">
          <span>${t("invite.name")}</span>
          <input name="name" required maxlength="200" autocomplete="off" />
        </label>
        <fieldset>
          <legend>${t("invite.as")}</legend>
          ${INVITED_AS.map((role, number) => choice("radio", "role", role, word("role", role), number === 0))}
        </fieldset>`,
      submit: t("invite.send"),
      sent: (given) =>
        view.actions.send(invitation(view.plan.team, given.get("name"), given.get("role")), {
          section: "team",
          said: "invite.once",
          keep: (answer) => ({ letter: answer.parameter }),
        }),
    })}
  </div>`;
}

/** The letter with the code, in the language of the page, as long as it is not put away. */
function letter(view) {
  if (!view.letter) return nothing;
  return html`<div class="letter">${letterIn(view.letter, currentLanguage())}</div>
    <div class="acts">
      ${button(t("invite.print"), view.actions.printLetter, { kind: "main" })}
      ${button(t("invite.close"), view.actions.closeLetter)}
    </div>`;
}

function letterIn(parameters, language) {
  const pages = parameters.filter((each) => each.name === "page").map((each) => each.part);
  const page = pages.find((parts) => parts.some((part) => part.valueCode === language));
  return page?.find((part) => part.name === "text")?.valueString;
}
