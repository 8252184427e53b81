import { html, nothing } from "../vendor/lit/html.js";
import { day, list, t, time, word } from "../i18n/index.js";
import { message as sent, readingOf } from "../changes.js";
import { categoryOf, codesOf } from "../plan.js";
import { journalForm, journalSwitch } from "./journal.js";
import { button, chip, choice, folded, lines, notice, section, unfolding, written } from "./parts.js";

const SHOWN = 5;

/** The newest messages first, the older ones folded away. */
export function messagesView(view) {
  const messages = view.plan.messages.filter((message) => message.status !== "entered-in-error");
  const older = messages.slice(SHOWN);
  return section(
    "messages",
    t("messages"),
    html`${notice(view, "messages")} ${forms(view)}
    ${messages.length ? messageList(view, messages.slice(0, SHOWN)) : html`<p>${t("messages.none")}</p>`}
    ${older.length ? folded(t("messages.older", { count: older.length }), messageList(view, older)) : nothing}`,
  );
}

function forms(view) {
  if (!view.offices.writes) return nothing;
  return html`<div class="acts">${messageForm(view)} ${journalForm(view)}</div>`;
}

function messageForm(view) {
  const recipients = recipientsOf(view);
  if (!recipients.length) return nothing;
  return unfolding(view, "write-message", {
    open: t("message.new"),
    content: html`<fieldset>
        <legend>${t("message.to")}</legend>
        ${recipients.map(({ reference, name }) => choice("checkbox", "to", reference, name))}
      </fieldset>
      ${lines("text", t("message.text"))}`,
    submit: t("message.send"),
    sent: (given) => {
      const chosen = given.getAll("to").map((reference) => ({ reference }));
      if (!chosen.length) return view.actions.complain("write-message", "message.nobody");
      return write(view, { recipients: chosen, text: given.get("text") });
    },
  });
}

/** Whom one may write to, as `{reference, name}`: the team as a whole, the person, then who is in the team. */
function recipientsOf(view) {
  const { plan, session } = view;
  const team = plan.team ? [{ reference: `CareTeam/${plan.team.id}`, name: t("message.team") }] : [];
  const person = { reference: `Patient/${plan.id}`, name: plan.name ?? t("someone"), roles: [] };
  const people = [person, ...plan.members.filter((member) => member.reference !== person.reference)];
  const canRead = ({ name, roles }) => name && !roles.includes("system-client");
  return [...team, ...people.filter((each) => canRead(each) && !plan.means(each, session.user))];
}

function write(view, { recipients, text, answered }) {
  const sender = { reference: view.session.user, ...(view.userName ? { display: view.userName } : {}) };
  const request = sent(view.plan, { sender, recipients, text, answered, now: new Date() });
  return view.actions.send(request, { section: "messages", said: "message.sent" });
}

function messageList(view, messages) {
  return html`<ul class="messages">
    ${messages.map((message) => html`<li>${messageView(view, message)}</li>`)}
  </ul>`;
}

function messageView(view, message) {
  const kind = categoryOf(message);
  const mine = message.sender?.reference === view.session.user;
  const isUnread = view.plan.isUnread(message, view.session.user);
  return html`<article class=${mine ? "mine" : ""}>
    <p class="from" id="from-${message.id}">
      <strong>${fromTo(view, message)}</strong> ${kind && kind !== "message" ? chip(word("category", kind)) : nothing}
      ${isUnread ? chip(t("message.unread"), "accent") : nothing}
    </p>
    ${isNotice(message)
      ? html`<p class="said">${noticeWords(message)}</p>`
      : (message.payload ?? []).map((payload) => payloadView(view, payload))}
    ${message.sent
      ? html`<p class="soft"><time datetime=${message.sent}>${day(message.sent)}, ${time(message.sent)}</time></p>`
      : nothing}
    ${mine ? readBy(view, message) : nothing}
    <div class="acts">
      ${isUnread && view.offices.writes ? readButton(view, message) : nothing} ${mine ? nothing : replyForm(view, message)}
      ${journalSwitch(view, message)}
    </div>
  </article>`;
}

/** What the service itself tells has no sender; its words are those of its topic. */
function isNotice(message) {
  return !message.sender && Boolean(message.topic?.coding?.some(({ system }) => system?.endsWith("/message-kind")));
}

function noticeWords(message) {
  const text = word("message-kind", codesOf([message.topic])[0]);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function readBy(view, message) {
  const readers = view.plan.readersOf(message);
  const names = readers.map((reference) => view.plan.who({ reference })).filter(Boolean);
  return names.length ? html`<p class="soft">${t("message.read-by", { names: list(names) })}</p>` : nothing;
}

function readButton(view, message) {
  const read = () => view.actions.send(readingOf(message), { section: "messages" });
  return button(t("message.mark-read"), read, { about: `from-${message.id}` });
}

function replyForm(view, message) {
  if (!view.offices.writes || categoryOf(message) !== "message" || !message.sender?.reference) return nothing;
  const recipients = [message.sender, ...(message.recipient ?? [])]
    .filter(({ reference }) => reference && !view.plan.means({ reference }, view.session.user))
    .map(({ reference }) => ({ reference }));
  const names = recipients.map((recipient) => nameOf(view, recipient)).filter(Boolean);
  return unfolding(view, `reply-${message.id}`, {
    open: t("message.reply"),
    about: `from-${message.id}`,
    content: lines("text", t("message.reply-to", { recipients: list(names) })),
    submit: t("message.send"),
    sent: (given) => write(view, { recipients, text: given.get("text"), answered: message }),
  });
}

function fromTo(view, message) {
  const sender = isNotice(message) ? t("message.service") : nameOf(view, message.sender) ?? t("messages.unknown");
  const recipients = (message.recipient ?? []).map((recipient) => nameOf(view, recipient)).filter(Boolean);
  return recipients.length ? t("messages.from-to", { sender, recipients: list(recipients) }) : sender;
}

function nameOf(view, reference) {
  const isTeam = reference?.reference?.startsWith("CareTeam/");
  return view.plan.who(reference) ?? (isTeam ? t("message.to-team") : undefined);
}

function payloadView(view, payload) {
  if (payload.contentString) return html`<p class="said">${written(payload.contentString, view.plan.language)}</p>`;
  const title = payload.contentAttachment?.title ?? payload.contentReference?.display;
  return title ? html`<p>${t("messages.attachment", { title })}</p>` : nothing;
}
