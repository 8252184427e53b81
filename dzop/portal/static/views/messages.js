import { html, nothing } from "../vendor/lit/html.js";
import { day, list, t, time, word } from "../i18n/index.js";
import { categoryOf } from "../plan.js";
import { chip, folded, section, written } from "./parts.js";

const SHOWN = 5;

/** The newest messages first, the older ones folded away. */
export function messagesView(view) {
  const messages = view.plan.messages.filter((message) => message.status !== "entered-in-error");
  const older = messages.slice(SHOWN);
  return section(
    "messages",
    t("messages"),
    html`${messages.length ? messageList(view, messages.slice(0, SHOWN)) : html`<p>${t("messages.none")}</p>`}
    ${older.length ? folded(t("messages.older", { count: older.length }), messageList(view, older)) : nothing}`,
  );
}

function messageList(view, messages) {
  return html`<ul class="messages">
    ${messages.map((message) => html`<li>${messageView(view, message)}</li>`)}
  </ul>`;
}

function messageView(view, message) {
  const kind = categoryOf(message);
  const mine = message.sender?.reference === view.session.user;
  return html`<article class=${mine ? "mine" : ""}>
    <p class="from">
      <strong>${fromTo(view, message)}</strong> ${kind && kind !== "message" ? chip(word("category", kind)) : nothing}
    </p>
    ${(message.payload ?? []).map((payload) => payloadView(view, payload))}
    ${message.sent
      ? html`<p class="soft"><time datetime=${message.sent}>${day(message.sent)}, ${time(message.sent)}</time></p>`
      : nothing}
  </article>`;
}

function fromTo(view, message) {
  const sender = view.plan.who(message.sender) ?? t("messages.unknown");
  const recipients = (message.recipient ?? []).map((recipient) => view.plan.who(recipient)).filter(Boolean);
  return recipients.length ? t("messages.from-to", { sender, recipients: list(recipients) }) : sender;
}

function payloadView(view, payload) {
  if (payload.contentString) return html`<p class="said">${written(payload.contentString, view.plan.language)}</p>`;
  const title = payload.contentAttachment?.title ?? payload.contentReference?.display;
  return title ? html`<p>${t("messages.attachment", { title })}</p>` : nothing;
}
