// Runs the steps of one client, one after another, and prints what it was told: a line of JSON for each.

import { readFileSync } from 'node:fs';

/**
 * `steps`: by name, what to ask; gets what Python gave (see test_clients.py) and may leave there what later
 * steps need. A step that throws has been told the message.
 */
export async function run(steps) {
  const visit = JSON.parse(readFileSync(0, 'utf8'));
  for (const [step, ask] of Object.entries(steps)) {
    const told = await ask(visit).catch((error) => `${error.name}: ${error.message}`.slice(0, 500));
    console.log(JSON.stringify([step, told]));
  }
}

/** How many resources of each type the Bundles hold, as [type, number], by type. */
export function counted(...bundles) {
  const counts = new Map();
  for (const { resource } of bundles.flatMap((bundle) => bundle.entry ?? [])) {
    counts.set(resource.resourceType, (counts.get(resource.resourceType) ?? 0) + 1);
  }
  return [...counts].sort();
}

/** What a code is called. */
export const display = ({ parameter }) => parameter.find(({ name }) => name === 'display').valueString;

/** What the codes of an expansion are called. */
export const displays = ({ expansion }) => expansion.contains.map((concept) => concept.display);

/** The status of each entry of a batch or transaction, without its words. */
export const statuses = (bundle) => bundle.entry.map((entry) => entry.response.status.slice(0, 3));

/** The versions of one resource in a history, in its order. */
export const versions = (bundle, id) =>
  bundle.entry.filter((entry) => entry.resource?.id === id).map((entry) => entry.resource.meta.versionId);
