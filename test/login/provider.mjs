// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Serves the OpenID provider oidc-provider, once for each shape, at https://ADDRESS/SHAPE. The argument is JSON: {address, cert, key,
// shapes: {name: {redirects, secret, …}}}. A browser says who its person is with the header X-Person. A line in the standard input names a
// shape that changes its keys; the same line is the answer. The server ends with its standard input.
import {generateKeyPairSync} from 'node:crypto';
import {readFileSync} from 'node:fs';
import https from 'node:https';
import readline from 'node:readline';
import {Provider} from 'oidc-provider';

// The standard output has answers only: the library writes its notices with these.
console.info = console.warn = console.error;

const {address, cert, key, shapes} = JSON.parse(process.argv[2]);

function signingKey(alg) {
  const {privateKey} = alg.startsWith('ES')
    ? generateKeyPairSync('ec', {namedCurve: 'P-256'}) : generateKeyPairSync('rsa', {modulusLength: 2048});
  return {...privateKey.export({format: 'jwk'}), alg, use: 'sig'};
}

function provide(name, shape) {
  const alg = shape.alg || 'RS256';
  const provider = new Provider(`https://${address}/${name}`, {
    clients: [
      {
        client_id: 'usher', redirect_uris: [shape.callback], id_token_signed_response_alg: alg,
        ...(shape.secret ? {client_secret: shape.secret, token_endpoint_auth_method: shape.method || 'client_secret_basic'}
          : {token_endpoint_auth_method: 'none'}),
      },
      {
        client_id: 'kubectl', application_type: 'native', redirect_uris: ['http://localhost'], token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'], id_token_signed_response_alg: alg,
      },
    ],
    jwks: {keys: [signingKey(alg)]},
    cookies: {keys: ['not secret: the people are made up']},
    claims: {email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups']},
    scopes: ['openid', 'offline_access', 'email', 'profile', 'groups'],
    conformIdTokenClaims: !shape.inToken,
    enabledJWA: {idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256']},
    pkce: {required: () => true},
    ttl: {IdToken: shape.life || 600, AccessToken: 600, Interaction: 600, Session: 600, Grant: 600, RefreshToken: 600, DeviceCode: 600},
    features: {
      devInteractions: {enabled: false}, deviceFlow: {enabled: true}, revocation: {enabled: true},
      rpInitiatedLogout: {enabled: true}, userinfo: {enabled: true},
    },
    interactions: {url: (_, interaction) => `/${name.replace(/\/$/, '')}/interaction/${interaction.uid}`},
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({sub, email: sub, email_verified: true, name: 'Nora Vidal', preferred_username: sub, groups: ['staff'], ...shape.claims}),
    }),
  });
  return {provider, callback: provider.callback()};
}

// interact answers for the person: signs in as whom the browser says, and consents.
async function interact(provider, request, response) {
  const {prompt, params, session, grantId} = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, {login: {accountId: request.headers['x-person']}});
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({accountId: session.accountId, clientId: params.client_id});
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, {consent: {grantId: await grant.save()}}, {mergeWithLastSubmission: true});
}

const running = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, provide(name, shape)]));

const server = https.createServer({cert: readFileSync(cert), key: readFileSync(key)}, (request, response) => {
  const name = Object.keys(running).find((n) => request.url.startsWith(`/${n.replace(/\/$/, '')}/`));
  if (!name) {
    response.writeHead(404).end();
    return;
  }
  const {provider, callback} = running[name];
  request.originalUrl = request.url;
  request.url = request.url.slice(name.replace(/\/$/, '').length + 1);
  if (!request.url.startsWith('/interaction/')) {
    callback(request, response);
    return;
  }
  interact(provider, request, response).catch((e) => {
    console.error(e);
    response.writeHead(500).end();
  });
});

const [host, port] = address.split(':');
server.listen(Number(port), host, () => process.stdout.write('ready\n'));

readline.createInterface({input: process.stdin}).on('line', (name) => {
  running[name] = provide(name, shapes[name]);
  process.stdout.write(`${name}\n`);
}).on('close', () => process.exit());
