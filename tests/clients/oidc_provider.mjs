// The certified `oidc-provider` as an identity provider of its own, with an admin's side for the test.
//
// Started with its port; prints `ready`. What a test changes it posts as JSON to /test/...:
//   clients   {client_id, ..., token: {format: 'jwt' | 'opaque', alg, lasts, claims}}: registers or replaces one
//   accounts  {login, claims}: who can log in (any password does), with the claims that tokens then carry
//   keys      {keep}: signs with new keys from now on; the old ones stay published if `keep`
//   outage    {on}: whether connections are dropped instead of answered
// and GET /test/requests counts what was asked, by path.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { Provider, interactionPolicy } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const accounts = new Map();
const tokens = new Map(); // what the access tokens of a client are like, by client_id
const requests = {};
let published = [];
let out = false;
let provider;

const CLAIMS = ['ssin', 'nihdi', 'discipline', 'organisation', 'mandate', 'fhirUser'];

function newKeys() {
  const jwk = ({ privateKey }, alg) =>
    ({ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: randomUUID() });
  return [
    jwk(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'),
    jwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'),
  ];
}

function started(keys) {
  published = keys;
  provider = new Provider(issuer, {
    adapter: MemoryAdapter, // what it holds outlives new keys
    jwks: { keys },
    cookies: { keys: ['a cookie of tests'] },
    clientDefaults: { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    extraClientMetadata: { properties: [] },
    scopes: ['openid', 'offline_access', 'profile', 'launch', 'fhirUser'],
    claims: { openid: ['sub', 'acr', ...CLAIMS], profile: ['name', 'given_name', 'family_name'] },
    conformIdTokenClaims: false,
    acrValues: ['low', 'substantial', 'high'],
    ttl: { AccessToken: lasts, ClientCredentials: lasts, Session: 3600, Grant: 3600, IdToken: 3600, Interaction: 600 },
    pkce: { required: (_, client) => client.clientAuthMethod === 'none' },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => ctx.oidc.params.resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, client) => {
          const { format = 'jwt', alg = 'RS256' } = tokens.get(client.clientId) ?? {};
          return {
            scope: 'user/*.cruds user/*.rs patient/*.rs system/*.cruds system/*.rs launch',
            audience: resource,
            accessTokenFormat: format,
            jwt: { sign: { alg } },
          };
        },
      },
    },
    extraTokenClaims: (_, token) => ({
      ...tokens.get(token.clientId)?.claims,
      ...(token.accountId && withoutNames(accounts.get(token.accountId))),
    }),
    findAccount: (_, id) =>
      accounts.has(id) ? { accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) } : undefined,
    // Whether an app may ask is not what is tested: everybody has agreed to everything.
    loadExistingGrant: async (ctx) => {
      const { client, session, params } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(params.scope);
      grant.addOIDCClaims(CLAIMS);
      for (const resource of [params.resource ?? []].flat()) grant.addResourceScope(resource, params.scope);
      await grant.save();
      return grant;
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}`, policy: interactionPolicy.base() },
    renderError: (ctx, error) => {
      ctx.type = 'text/plain';
      ctx.body = JSON.stringify(error);
    },
  });
}

const lasts = (_, token) => tokens.get(token.clientId)?.lasts ?? 3600;
const withoutNames = ({ name, given_name, family_name, ...rest } = {}) => rest;

const admin = {
  async clients({ token, ...client }) {
    if (token) tokens.set(client.client_id, token);
    await new MemoryAdapter('Client').upsert(client.client_id, client, 86400);
  },
  accounts: ({ login, claims }) => accounts.set(login, claims),
  keys: ({ keep }) => started([...newKeys(), ...(keep ? published : [])]),
  outage: ({ on }) => { out = on; },
};

async function read(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** The login page: a form, or nothing to see where the app said who it will be (`login_hint`). */
async function login(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const given = request.method === 'POST' ? new URLSearchParams(await read(request)).get('login') : params.login_hint;
  if (given == null) {
    response.setHeader('Content-Type', 'text/html');
    response.end('<title>Log in elsewhere</title><form method="post"><label>Login <input name="login"></label>'
      + '<label>Password <input name="password" type="password"></label><button>Log in</button></form>');
    return;
  }
  const acr = accounts.get(given)?.acr;
  const result = accounts.has(given)
    ? { login: { accountId: given, amr: ['pwd'], ...(acr && { acr }) } }
    : { error: 'access_denied', error_description: 'nobody has this login' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function answer(request, response) {
  const { pathname } = new URL(request.url, issuer);
  if (pathname === '/test/requests') {
    response.end(JSON.stringify(requests));
  } else if (pathname.startsWith('/test/')) {
    await admin[pathname.slice('/test/'.length)](JSON.parse(await read(request)));
    response.end('{}');
  } else if (out) {
    request.socket.destroy();
  } else {
    requests[pathname] = (requests[pathname] ?? 0) + 1;
    if (pathname.startsWith('/interaction/')) await login(request, response);
    else await provider.callback()(request, response);
  }
}

started(newKeys());
createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.statusCode = 500;
    response.end();
  });
}).listen(port, '127.0.0.1', () => console.log('ready'));
