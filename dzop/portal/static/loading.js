// The requests that bring a plan.

import { codesOf, Plan, referenceTo } from "./plan.js";

/** All the searches that make a plan; `session` as in session.js. */
export async function loadPlan(session, id) {
  const [[patient], goals, tasks, teams, written, appointments, plans, consents, relatives] = await Promise.all([
    session.search(`Patient?_id=${id}`),
    session.search(`Goal?patient=${id}`),
    session.search(`Task?patient=${id}&_sort=-authored-on`),
    session.search(`CareTeam?patient=${id}&status=active&_include=CareTeam:participant`),
    session.search(`Communication?patient=${id}&_sort=-sent&_revinclude=Provenance:target`),
    session.search(`Appointment?patient=${id}&_sort=date`),
    session.search(`CarePlan?patient=${id}&status=active`),
    session.search(`Consent?patient=${id}`),
    session.search(`RelatedPerson?patient=${id}`),
  ]);
  const included = teams.filter((resource) => resource.resourceType !== "CareTeam");
  const practitioners = included.filter((resource) => resource.resourceType === "Practitioner");
  const roles = practitioners.length
    ? await session.search(`PractitionerRole?practitioner=${practitioners.map(referenceTo).join(",")}`)
    : [];
  return new Plan({
    id,
    patient,
    goals,
    tasks,
    teams: teams.filter((resource) => resource.resourceType === "CareTeam"),
    messages: written.filter((resource) => resource.resourceType === "Communication"),
    receipts: written.filter(isReceipt),
    appointments,
    plans,
    consents,
    others: [patient, ...relatives, ...included, ...roles].filter(Boolean),
  });
}

/** Whether a resource says that somebody read what it is about. */
function isReceipt(resource) {
  return resource.resourceType === "Provenance" && codesOf([resource.activity]).includes("access");
}
