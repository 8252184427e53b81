import { html, nothing } from "../vendor/lit/html.js";
import { either, list, period, t, word } from "../i18n/index.js";
import { actorsOf, codesOf, roleNamedBy } from "../plan.js";
import { isOwn, ownOr, personName, section } from "./parts.js";

/** The person's own choices about sharing, each as a sentence. */
export function sharingView(view) {
  const choices = view.plan.choices(view.now);
  return section(
    "sharing",
    t("sharing"),
    choices.known || isOwn(view) ? chosen(view, choices) : html`<p>${t("sharing.unknown", { name: personName(view) })}</p>`,
  );
}

function chosen(view, choices) {
  const title = (key) => (isOwn(view) ? t(`${key}.own`) : t(key, { name: personName(view) }));
  return html`<p class="sharing ${choices.sharing ? "on" : "off"}">
      ${ownOr(view, choices.sharing ? "sharing.on" : "sharing.off")}
    </p>
    ${choices.sharing ? html`<p>${t("sharing.team")} <a href="#team">${t("sharing.see-team")}</a></p>` : nothing}
    ${group(
      t("sharing.excluded"),
      choices.excluded.map((actor) => actorName(view, actor)),
    )}
    ${group(
      t("sharing.limited"),
      choices.settings.map((provision) => sentence(view, provision)),
    )}
    ${group(
      t("sharing.extra"),
      choices.grants.map((consent) => withPeriod(view, consent, categoriesOf(consent.provision))),
    )}
    ${group(
      title("sharing.mandates"),
      choices.mandates.map((consent) => withPeriod(view, consent)),
    )}
    ${group(
      title("sharing.relations"),
      choices.relations.map((consent) => withPeriod(view, consent)),
    )}
    ${group(
      t("sharing.case-management"),
      choices.caseManagement.map((consent) => withPeriod(view, consent)),
    )}
    ${group(
      t("sharing.carer"),
      choices.carerShares.map((consent) => carerSentence(view, consent)),
    )}`;
}

function group(title, lines) {
  if (!lines.length) return nothing;
  return html`<h3>${title}</h3>
    <ul class="plain">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>`;
}

function sentence(view, provision) {
  const key = provision.type === "deny" ? "sharing.deny" : "sharing.permit";
  const actors = actorsOf(provision);
  const actions = codesOf(provision.action);
  const text = t(key, {
    actor: actors.length ? list(actors.map((actor) => actorName(view, actor))) : t("sharing.everyone"),
    action: actions.length ? either(actions.map((action) => word("action", action))) : t("action.all"),
    categories: list(categoriesOf(provision) ?? [t("sharing.everything")]),
  });
  const until = provision.period ? ` (${period(provision.period)})` : "";
  return text + until;
}

function withPeriod(view, consent, categories) {
  const details = [period(consent.provision?.period), categories ? list(categories) : ""].filter(Boolean);
  return html`<strong>${actorNames(view, consent)}</strong> ${details.length ? `– ${details.join(" – ")}` : nothing}`;
}

function carerSentence(view, consent) {
  const carer = list((consent.performer ?? []).map((performer) => actorName(view, performer)));
  return t("sharing.carer-text", { carer, actors: actorNames(view, consent) });
}

function actorNames(view, consent) {
  return list(actorsOf(consent.provision).map((actor) => actorName(view, actor)));
}

function actorName(view, reference) {
  const role = roleNamedBy(reference);
  if (role) return t("sharing.everyone-with-role", { role: word("role", role) });
  return view.plan.who(reference) ?? t("team.unknown");
}

function categoriesOf(provision) {
  const codes = (provision?.class ?? []).map((coding) => coding.code);
  return codes.length ? codes.map((code) => word("category", code)) : undefined;
}
