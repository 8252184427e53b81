// What `fhir-kit-client` is told.

import Client from 'fhir-kit-client';
import { counted, display, displays, run, statuses, versions } from './visit.mjs';

let client;
const refused = (request) => request.then(() => 200, (error) => error.response.status);

async function pages(bundle) {
  const found = [];
  for (let page = bundle; page; page = await client.nextPage({ bundle: page })) found.push(page);
  return found;
}

await run({
  async 'capability statement'({ base, token }) {
    client = new Client({ baseUrl: base, bearerToken: token });
    const statement = await client.capabilityStatement();
    const held = statement.rest[0].resource.map((each) => each.type);
    return [statement.fhirVersion, held.includes('CarePlan')];
  },
  async create(visit) {
    visit.made = await client.create({ resourceType: 'Task', body: visit.task });
    return [visit.made.meta.versionId, visit.made.status];
  },
  async read({ made: { id } }) {
    const found = await client.read({ resourceType: 'Task', id });
    return [found.id === id, found.description];
  },
  async update({ made }) {
    const options = { headers: { 'If-Match': 'W/"1"' } };
    const body = { ...made, status: 'accepted' };
    const changed = await client.update({ resourceType: 'Task', id: made.id, body, options });
    return [changed.meta.versionId, changed.status];
  },
  async 'update of a version that is no longer current'({ made }) {
    const options = { headers: { 'If-Match': 'W/"1"' } };
    const body = { ...made, status: 'rejected' };
    return refused(client.update({ resourceType: 'Task', id: made.id, body, options }));
  },
  async vread({ made: { id } }) {
    const first = await client.vread({ resourceType: 'Task', id, version: '1' });
    return [first.meta.versionId, first.status];
  },
  async 'JSON patch'({ made: { id }, patch }) {
    const changed = await client.patch({ resourceType: 'Task', id, JSONPatch: patch });
    return [changed.meta.versionId, changed.status];
  },
  async 'history of a resource'({ made: { id } }) {
    return versions(await client.resourceHistory({ resourceType: 'Task', id }), id);
  },
  async 'history of a type'({ made: { id } }) {
    return versions(await client.typeHistory({ resourceType: 'Task' }), id);
  },
  async 'history of everything'({ made: { id } }) {
    return versions(await client.systemHistory(), id);
  },
  async delete({ base, person_token, diary }) {
    const person = new Client({ baseUrl: base, bearerToken: person_token });
    const [resourceType, id] = diary.split('/');
    await person.delete({ resourceType, id });
    return refused(person.read({ resourceType, id }));
  },
  async 'read of what is not there'() {
    return refused(client.read({ resourceType: 'Task', id: 'not-there' }));
  },
  async transaction({ transaction }) {
    const answer = await client.transaction({ body: transaction });
    const [, id] = answer.entry[0].response.location.match(/Goal\/([^/]+)/);
    const task = answer.entry[1].response.location.match(/Task\/([^/]+)/)[1];
    const { focus } = await client.read({ resourceType: 'Task', id: task });
    return [statuses(answer), focus.reference === `Goal/${id}`];
  },
  async 'search by GET'({ tasks }) {
    return counted(await client.search({ resourceType: 'Task', searchParams: tasks }));
  },
  async 'search by POST'({ tasks }) {
    const options = { postSearch: true };
    return counted(await client.search({ resourceType: 'Task', searchParams: tasks, options }));
  },
  async 'search of all pages'({ tasks }) {
    const searchParams = { ...tasks, _count: 4 };
    const found = await pages(await client.search({ resourceType: 'Task', searchParams }));
    const ids = found.flatMap((page) => page.entry.map((entry) => entry.resource.id));
    return [found.map((page) => page.entry.length), new Set(ids).size];
  },
  async _include({ tasks }) {
    const searchParams = { ...tasks, _include: 'Task:focus' };
    return counted(await client.search({ resourceType: 'Task', searchParams }));
  },
  async _revinclude({ goals }) {
    const searchParams = { ...goals, _revinclude: 'Task:focus' };
    return counted(await client.search({ resourceType: 'Goal', searchParams }));
  },
  async 'a chain'({ goals }) {
    const searchParams = { 'focus:Goal.identifier': goals.identifier };
    return counted(await client.search({ resourceType: 'Task', searchParams }));
  },
  async _has({ goals }) {
    const searchParams = { ...goals, '_has:Task:focus:status': 'requested' };
    return counted(await client.search({ resourceType: 'Goal', searchParams }));
  },
  async 'compartment search'({ patient, goals }) {
    const compartment = { resourceType: 'Patient', id: patient.slice(8) };
    return counted(await client.search({ resourceType: 'Goal', compartment, searchParams: goals }));
  },
  async batch({ batch }) {
    return statuses(await client.batch({ body: batch }));
  },
  async 'conditional create'({ goal, condition }) {
    const options = { headers: { 'If-None-Exist': `identifier=${condition}` } };
    const first = await client.create({ resourceType: 'Goal', body: goal, options });
    const second = await client.create({ resourceType: 'Goal', body: goal, options });
    const found = await client.search({ resourceType: 'Goal', searchParams: { identifier: condition } });
    return [first.id === second.id, found.entry.length];
  },
  async 'conditional update'({ goal, condition }) {
    const body = { ...goal, description: { text: 'Anders' } };
    const searchParams = { identifier: condition };
    const changed = await client.update({ resourceType: 'Goal', searchParams, body });
    return [changed.meta.versionId, changed.description.text];
  },
  async $everything({ patient }) {
    const input = { _type: 'CarePlan,Task', _count: 200 };
    const id = patient.slice(8);
    const call = { name: 'everything', resourceType: 'Patient', id, method: 'get', input };
    return counted(await client.operation(call));
  },
  async $validate({ wrong }) {
    const outcome = await client.operation({ name: 'validate', resourceType: 'Goal', input: wrong });
    return [outcome.issue[0].severity, outcome.issue[0].expression];
  },
  async $lookup({ meaning }) {
    const call = { name: 'lookup', resourceType: 'CodeSystem', method: 'get', input: meaning };
    return display(await client.operation(call));
  },
  async $expand({ list }) {
    const call = { name: 'expand', resourceType: 'ValueSet', method: 'get', input: list };
    return displays(await client.operation(call));
  },
});
