import { html, nothing } from "../vendor/lit/html.js";
import { day, list, t, time, word } from "../i18n/index.js";
import { chip, folded, section, written } from "./parts.js";

const CERTAIN = ["booked", "arrived", "checked-in", "fulfilled"];

/** What is planned, the next first; what is past, folded away. */
export function appointmentsView(view) {
  const known = view.plan.appointments.filter((appointment) => appointment.status !== "entered-in-error");
  const isPast = (appointment) => new Date(appointment.end ?? appointment.start ?? 0) < view.now;
  const coming = known.filter((appointment) => !appointment.start || !isPast(appointment));
  const past = known.filter((appointment) => appointment.start && isPast(appointment)).reverse();
  return section(
    "appointments",
    t("appointments"),
    html`${coming.length ? appointmentList(view, coming) : html`<p>${t("appointments.none")}</p>`}
    ${past.length ? folded(t("appointments.past", { count: past.length }), appointmentList(view, past)) : nothing}`,
  );
}

function appointmentList(view, appointments) {
  return html`<ul class="appointments">
    ${appointments.map((appointment) => html`<li>${appointmentView(view, appointment)}</li>`)}
  </ul>`;
}

function appointmentView(view, appointment) {
  const others = (appointment.participant ?? [])
    .filter((participant) => participant.actor?.reference !== `Patient/${view.plan.id}`)
    .map((participant) => view.plan.who(participant.actor))
    .filter(Boolean);
  return html`${appointment.start
      ? html`<p class="when">
          <time datetime=${appointment.start}>${day(appointment.start, { weekday: true })}</time>
          <span class="clock">${time(appointment.start)}${appointment.end ? ` – ${time(appointment.end)}` : ""}</span>
        </p>`
      : nothing}
    <p>
      <strong>${written(appointment.description ?? appointment.serviceType?.[0]?.text, view.plan.language)}</strong>
      ${CERTAIN.includes(appointment.status) ? nothing : chip(word("appointment-status", appointment.status))}
    </p>
    ${others.length ? html`<p class="soft">${t("appointments.with")} ${list(others)}</p>` : nothing}
    ${appointment.comment ? html`<p>${written(appointment.comment, view.plan.language)}</p>` : nothing}`;
}
