import { html, nothing } from "../vendor/lit/html.js";
import { day, t, word } from "../i18n/index.js";
import { chip, ownOr, section, written } from "./parts.js";

/** Who is in the team, what they do, and since when; the contact comes first. */
export function teamView(view) {
  const members = view.plan.members;
  return section(
    "team",
    ownOr(view, "team"),
    members.length
      ? html`<ul class="team">
          ${members.map((member) => html`<li>${memberView(view, member)}</li>`)}
        </ul>`
      : html`<p>${t("team.none")}</p>`,
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
    <p class="soft">
      ${member.agreement === "proposed"
        ? t("team.proposed")
        : member.since
          ? t("team.since", { date: day(member.since) })
          : nothing}
    </p>`;
}

function what(view, member, role) {
  const plain = word("role", role);
  const title = member.title && member.title.toLowerCase() !== plain ? member.title : undefined;
  const parts = [title ? written(title, view.plan.language) : plain];
  if (member.organisation) parts.push(written(member.organisation, view.plan.language));
  return parts.map((part, number) => html`${number ? " · " : ""}${part}`);
}
