import { html, nothing } from "../vendor/lit/html.js";
import { codesIn } from "../i18n/words.js";
import { t, word } from "../i18n/index.js";
import { journalOpened, journalPage } from "../changes.js";
import { categoryOf } from "../plan.js";
import { button, choice, isOwn, lines, unfolding } from "./parts.js";

/** A new page of the own journal, which the team reads only when that is ticked. */
export function journalForm(view) {
  if (!isOwn(view)) return nothing;
  const known = codesIn("journal");
  const kinds = known.length ? known : ["day"];
  return unfolding(view, "write-journal", {
    open: t("journal.new"),
    content: html`<label class="field">
        <span>${t("journal.about")}</span>
        <select name="kind">
          ${kinds.map((kind) => html`<option value=${kind}>${word("journal", kind)}</option>`)}
        </select>
      </label>
      ${lines("text", t("journal.text"))}
      ${view.plan.team ? choice("checkbox", "share", "yes", t("journal.share")) : nothing}`,
    submit: t("journal.save"),
    sent: (given) => {
      const readers = given.has("share") ? teamOf(view) : [];
      const sender = { reference: view.session.user };
      const page = { sender, kind: given.get("kind"), text: given.get("text"), readers, now: new Date() };
      return view.actions.send(journalPage(view.plan, page), { section: "messages" });
    },
  });
}

/** Who may read a page of the own journal, and the switch for it. */
export function journalSwitch(view, page) {
  if (!isOwn(view) || !view.offices.writes || categoryOf(page) !== "journal") return nothing;
  const isOpen = Boolean(page.recipient?.length);
  if (!isOpen && !view.plan.team) return nothing;
  const turn = () => view.actions.send(journalOpened(page, isOpen ? [] : teamOf(view)), { section: "messages" });
  return html`${isOpen ? nothing : html`<p class="soft">${t("journal.private")}</p>`}
  ${button(t(isOpen ? "journal.close" : "journal.open"), turn, { about: `from-${page.id}` })}`;
}

function teamOf(view) {
  return view.plan.team ? [{ reference: `CareTeam/${view.plan.team.id}` }] : [];
}
