// What `fhirclient`, the SMART client of JavaScript applications, is told.

import smart from 'fhirclient';
import { counted, display, displays, run, statuses, versions } from './visit.mjs';

let client;
const json = { 'Content-Type': 'application/fhir+json' };
const refused = (request) => request.then(() => 200, (error) => error.statusCode ?? error.status);
const search = (type, parameters) => `${type}?${new URLSearchParams(parameters)}`;
const send = (method, url, body, headers = {}) =>
  client.request({ url, method, body: JSON.stringify(body), headers: { ...json, ...headers } });

await run({
  async 'capability statement'({ base, token }) {
    client = smart({}, {}).client({ serverUrl: base, tokenResponse: { access_token: token } });
    const statement = await client.request('metadata');
    const held = statement.rest[0].resource.map((each) => each.type);
    return [statement.fhirVersion, held.includes('CarePlan')];
  },
  async create(visit) {
    visit.made = await client.create(visit.task);
    return [visit.made.meta.versionId, visit.made.status];
  },
  async read({ made: { id } }) {
    const found = await client.request(`Task/${id}`);
    return [found.id === id, found.description];
  },
  async update({ made }) {
    const changed = await client.update({ ...made, status: 'accepted' }, { headers: { 'If-Match': 'W/"1"' } });
    return [changed.meta.versionId, changed.status];
  },
  async 'update of a version that is no longer current'({ made }) {
    return refused(client.update({ ...made, status: 'rejected' }, { headers: { 'If-Match': 'W/"1"' } }));
  },
  async vread({ made: { id } }) {
    const first = await client.request(`Task/${id}/_history/1`);
    return [first.meta.versionId, first.status];
  },
  async 'JSON patch'({ made: { id }, patch }) {
    const changed = await client.patch(`Task/${id}`, patch);
    return [changed.meta.versionId, changed.status];
  },
  async 'history of a resource'({ made: { id } }) {
    return versions(await client.request(`Task/${id}/_history`), id);
  },
  async 'history of a type'({ made: { id } }) {
    return versions(await client.request('Task/_history'), id);
  },
  async 'history of everything'({ made: { id } }) {
    return versions(await client.request('_history'), id);
  },
  async delete({ base, person_token, diary }) {
    const person = smart({}, {}).client({ serverUrl: base, tokenResponse: { access_token: person_token } });
    await person.delete(diary);
    return refused(person.request(diary));
  },
  async 'read of what is not there'() {
    return refused(client.request('Task/not-there'));
  },
  async transaction({ transaction }) {
    const answer = await send('POST', '', transaction);
    const [, id] = answer.entry[0].response.location.match(/Goal\/([^/]+)/);
    const task = answer.entry[1].response.location.match(/Task\/([^/]+)/)[1];
    const { focus } = await client.request(`Task/${task}`);
    return [statuses(answer), focus.reference === `Goal/${id}`];
  },
  async 'search by GET'({ tasks }) {
    return counted(await client.request(search('Task', tasks)));
  },
  async 'search by POST'({ tasks }) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = String(new URLSearchParams(tasks));
    return counted(await client.request({ url: 'Task/_search', method: 'POST', body, headers }));
  },
  async 'search of all pages'({ tasks }) {
    const found = await client.request(search('Task', { ...tasks, _count: 4 }), { pageLimit: 0 });
    const ids = found.flatMap((page) => page.entry.map((entry) => entry.resource.id));
    return [found.map((page) => page.entry.length), new Set(ids).size];
  },
  async _include({ tasks }) {
    return counted(await client.request(search('Task', { ...tasks, _include: 'Task:focus' })));
  },
  async _revinclude({ goals }) {
    return counted(await client.request(search('Goal', { ...goals, _revinclude: 'Task:focus' })));
  },
  async 'a chain'({ goals }) {
    return counted(await client.request(search('Task', { 'focus:Goal.identifier': goals.identifier })));
  },
  async _has({ goals }) {
    return counted(await client.request(search('Goal', { ...goals, '_has:Task:focus:status': 'requested' })));
  },
  async 'compartment search'({ patient, goals }) {
    return counted(await client.request(search(`${patient}/Goal`, goals)));
  },
  async batch({ batch }) {
    return statuses(await send('POST', '', batch));
  },
  async 'conditional create'({ goal, condition }) {
    const options = { headers: { 'If-None-Exist': `identifier=${condition}` } };
    const [first, second] = [await client.create(goal, options), await client.create(goal, options)];
    const found = await client.request(search('Goal', { identifier: condition }));
    return [first.id === second.id, found.entry.length];
  },
  async 'conditional update'({ goal, condition }) {
    const body = { ...goal, description: { text: 'Anders' } };
    const changed = await send('PUT', search('Goal', { identifier: condition }), body);
    return [changed.meta.versionId, changed.description.text];
  },
  async $everything({ patient }) {
    return counted(await client.request(search(`${patient}/$everything`, { _type: 'CarePlan,Task', _count: 200 })));
  },
  async $validate({ wrong }) {
    const outcome = await send('POST', 'Goal/$validate', wrong);
    return [outcome.issue[0].severity, outcome.issue[0].expression];
  },
  async $lookup({ meaning }) {
    return display(await client.request(search('CodeSystem/$lookup', meaning)));
  },
  async $expand({ list }) {
    return displays(await client.request(search('ValueSet/$expand', list)));
  },
});
