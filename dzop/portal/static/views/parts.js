// Small pieces that several views share.

import { html, nothing } from "../vendor/lit/html.js";
import { t } from "../i18n/index.js";

/** A section of the page with a heading that the menu leads to. */
export function section(id, title, content) {
  return html`<section id=${id} aria-labelledby="${id}-title" tabindex="-1">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`;
}

/** Words of the plan itself: always text, in the language they were written in. */
export function written(text, language) {
  return html`<span lang=${language || nothing}>${text}</span>`;
}

/** What is called differently on your own plan and on that of somebody else. */
export function ownOr(view, key) {
  return t(`${key}.${isOwn(view) ? "own" : "other"}`, { name: personName(view) });
}

export function isOwn(view) {
  return view.session.user === `Patient/${view.plan.id}`;
}

export function personName(view) {
  return view.plan.name ?? t("someone");
}

/** Things that are over, folded away; opened when printed. */
export function folded(summary, content) {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

export function chip(text, tone = "plain") {
  return text ? html`<span class="chip ${tone}">${text}</span>` : nothing;
}

/** What became of what somebody did, in the place where it was done; words of the server are English. */
export function notice({ notice }, place) {
  if (notice?.place !== place) return nothing;
  return html`<div id="notice" class="message" role=${notice.isError ? "alert" : "status"} tabindex="-1">
    <p>${t(notice.key)}</p>
    ${(notice.words ?? []).map((words) => html`<p lang="en">${words}</p>`)}
  </div>`;
}

/** A button for one step; `about` is the id of what says which thing it is about. */
export function button(label, press, { about, kind = "quiet" } = {}) {
  return html`<button class=${kind} aria-describedby=${about ?? nothing} @click=${press}>${label}</button>`;
}

/** A button that opens a form in its place; `sent` gets the FormData that was filled in. */
export function unfolding(view, id, { open, about, content, submit, sent }) {
  if (view.form !== id) {
    return html`<button id="${id}-open" aria-describedby=${about ?? nothing} @click=${() => view.actions.openForm(id)}>
      ${open}
    </button>`;
  }
  const submitted = (event) => {
    event.preventDefault();
    sent(new FormData(event.target));
  };
  return html`<form id=${id} aria-label=${open} aria-describedby=${about ?? nothing} @submit=${submitted}>
    ${content} ${notice(view, id)}
    <p class="acts">
      <button class="main">${submit}</button>
      <button type="button" @click=${view.actions.closeForm}>${t("cancel")}</button>
    </p>
  </form>`;
}

/** A field for a few lines of text. */
export function lines(name, label, { isRequired = true } = {}) {
  return html`<label class="field">
    <span>${label}</span>
    <textarea name=${name} rows="4" ?required=${isRequired}></textarea>
  </label>`;
}

/** Something to tick, or one of several (`type` is `checkbox` or `radio`). */
export function choice(type, name, value, label, isChosen = false) {
  return html`<label class="choice">
    <input type=${type} name=${name} value=${value} ?checked=${isChosen} /> <span>${label}</span>
  </label>`;
}
