// As what somebody stands to the person of a plan, and so what to offer. The server decides; this spares dead buttons.

import { codesOf, covers } from "./plan.js";

const GROUND = "https://dzop.example/fhir/StructureDefinition/mandate-ground";
// From this age on a person decides on the team, and a parent no longer does: consent/decisions.toml.
const DECIDES_FROM = 16;

/** `decides` on the team, `coordinates` it, or `writes` at all; `user` is a reference. */
export function officesOf(plan, user, now) {
  const writes = !plan.patient || (Boolean(plan.umbrella) && !hasDied(plan.patient));
  return {
    writes,
    decides: writes && (user === `Patient/${plan.id}` ? isGrown(plan, now) : hasMandate(plan, user, now)),
    coordinates: writes && coordinates(plan, user, now),
  };
}

function hasDied({ deceasedBoolean, deceasedDateTime }) {
  return Boolean(deceasedBoolean || deceasedDateTime);
}

function hasMandate(plan, user, now) {
  return plan.choices(now).mandates.some((consent) => {
    const isParental = consent.extension?.some((each) => each.url === GROUND && each.valueCode === "parenthood");
    const actors = (consent.provision?.actor ?? []).map((actor) => actor.reference?.reference);
    return actors.includes(user) && !(isParental && isGrown(plan, now));
  });
}

function coordinates(plan, user, now) {
  return plan.participants.some(
    (each) =>
      codesOf(each.role).includes("care-coordinator") && plan.means(each.member, user) && covers(each.period, now),
  );
}

function isGrown(plan, now) {
  if (!plan.patient?.birthDate) return true;
  const [year, ...rest] = plan.patient.birthDate.split("-");
  const birthday = [Number(year) + DECIDES_FROM, ...rest].join("-");
  return new Date(birthday) <= now;
}
