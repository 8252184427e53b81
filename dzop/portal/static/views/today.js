import { html, nothing } from "../vendor/lit/html.js";
import { day, t, word } from "../i18n/index.js";
import { dueOf, isLate, stepsFor, stepTaken } from "../today.js";
import { button, chip, lines, notice, section, unfolding, written } from "./parts.js";

const ENDING = ["decline", "done"];

/** What the reader has to do: in the plan of one person (`id`), or everywhere. */
export function todayView(view, id) {
  const tasks = view.today.tasksFor(id);
  if (!isShown(view, id)) return nothing;
  return section(
    "today",
    t("today"),
    html`${notice(view, "today")}
      ${tasks.length ? nothing : html`<p>${t("today.none")}</p>`}
      <ul class="tasks">
        ${tasks.map((task) => html`<li>${taskView(view, task, !id)}</li>`)}
      </ul>`,
  );
}

/** Nothing to do is said only to who has just done it. */
export function isShown(view, id) {
  return view.today.tasksFor(id).length > 0 || view.notice?.place === "today";
}

function taskView(view, task, isNamed) {
  const title = task.code?.text ?? task.description ?? word("task-kind", task.code?.coding?.[0]?.code);
  const language = view.today.languageOf(task);
  const steps = stepsFor(task);
  const due = dueOf(task);
  const about = `today-${task.id}`;
  return html`<div class="task-title" id=${about}>
      <strong>${written(title, language)}</strong> ${chip(word("task-status", task.status))}
      ${isLate(task, view.now) ? chip(t("today.late"), "accent") : nothing}
    </div>
    ${isNamed ? html`<p>${t("today.for", { name: view.today.personOf(task) ?? t("someone") })}</p>` : nothing}
    ${task.description && task.description !== title ? html`<p>${written(task.description, language)}</p>` : nothing}
    ${due ? html`<p class="soft">${t("goals.by", { date: day(due) })}</p>` : nothing}
    ${steps.includes("take") ? html`<p class="soft">${t("today.shared")}</p>` : nothing}
    <div class="acts">${steps.map((step) => stepView(view, task, step, about))}</div>`;
}

/** A step that ends a task is asked once more, and takes a word; the others are one press. */
function stepView(view, task, step, about) {
  const say = (text) =>
    view.actions.send(stepTaken(task, step, view.session.user, text), { section: "today" });
  if (!ENDING.includes(step)) return button(t(`step.${step}`), () => say(), { about });
  return unfolding(view, `${step}-${task.id}`, {
    open: t(`step.${step}`),
    about,
    content: lines("text", t(`${step}.why`), { isRequired: false }),
    submit: t(`${step}.send`),
    sent: (given) => say(given.get("text").trim()),
  });
}
