import { html, nothing } from "../vendor/lit/html.js";
import { day, t, word } from "../i18n/index.js";
import { categoryOf } from "../plan.js";
import { chip, ownOr, section, written } from "./parts.js";
import { taskList } from "./tasks.js";

const GOOD = ["improving", "achieved", "sustaining"];
const OVER = ["completed", "cancelled", "rejected"];

/** Life goals large, under each the goals that serve it, with what is done for them. */
export function goalsView(view) {
  const { life, loose } = view.plan.goalTree;
  const empty = !life.length && !loose.length;
  return section(
    "goals",
    ownOr(view, "goals"),
    html`${empty ? html`<p>${t("goals.none")}</p>` : nothing} ${life.map((node) => lifeGoal(view, node))}
    ${loose.length
      ? html`<h3>${t("goals.loose")}</h3>
          <ul class="goals">
            ${loose.map((node) => html`<li>${goal(view, node)}</li>`)}
          </ul>`
      : nothing}
    ${otherTasks(view)}`,
  );
}

function lifeGoal(view, node) {
  return html`<article class="life-goal">
    <p class="kind"><span>${word("goal", "life-goal")}</span></p>
    <h3>${written(node.goal.description?.text, view.plan.language)}</h3>
    ${notes(view, node.goal)}
    ${OVER.includes(node.goal.lifecycleStatus) ? chip(word("goal-status", node.goal.lifecycleStatus)) : nothing}
    ${tasks(view, node)} ${children(view, node)}
  </article>`;
}

function goal(view, node) {
  const { goal } = node;
  return html`<article class="goal">
    <p class="kind"><span>${word("goal", categoryOf(goal) ?? "care-goal")}</span> ${status(goal)}</p>
    <h4>${written(goal.description?.text, view.plan.language)}</h4>
    ${due(goal)} ${notes(view, goal)} ${tasks(view, node)} ${children(view, node)}
  </article>`;
}

function children(view, node) {
  if (!node.children.length) return nothing;
  return html`<ul class="goals">
    ${node.children.map((child) => html`<li>${goal(view, child)}</li>`)}
  </ul>`;
}

function tasks(view, node) {
  if (!node.tasks.length) return nothing;
  return html`<div class="tasks-of-goal">
    <p class="label">${t("tasks")}</p>
    ${taskList(view, node.tasks)}
  </div>`;
}

function otherTasks(view) {
  const loose = view.plan.looseTasks;
  if (!loose.length) return nothing;
  return html`<h3>${t("tasks.loose")}</h3>
    ${taskList(view, loose)}`;
}

function status(goal) {
  const achievement = goal.achievementStatus?.coding?.[0]?.code;
  const tone = GOOD.includes(achievement) ? "good" : "plain";
  return chip(achievement ? word("achievement", achievement) : word("goal-status", goal.lifecycleStatus), tone);
}

function due(goal) {
  const date = goal.target?.find((target) => target.dueDate)?.dueDate;
  return date ? html`<p class="soft">${t("goals.by", { date: day(date) })}</p>` : nothing;
}

function notes(view, goal) {
  return (goal.note ?? []).map((note) => html`<p class="note">${written(note.text, view.plan.language)}</p>`);
}
