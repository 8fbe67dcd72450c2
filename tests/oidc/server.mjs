// A real authorisation server: the certified `oidc-provider`, with a small API behind it.
//
//     node server.mjs CLIENT_ID CLIENT_SECRET REDIRECT_URL LIFE_S
//
// It listens on 127.0.0.1 at a port of its own choice, prints its origin as the only line of its
// output, and ends when its input does. All it knows is in memory. Whoever comes to sign in is
// Ann, who agrees. `/tally` tells what has happened.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

// It warns that all it knows is in memory, which is what is wanted here.
console.warn = () => {};
const { Provider } = await import('oidc-provider');

const [clientId, clientSecret, redirectUrl, life] = process.argv.slice(2);
// How long an access token lives.
const LIFE_S = Number(life);
// It counts in whole seconds and cuts them off, so that a token may end up to one second before
// its time; a slow machine takes another. Each lives so much longer than it tells.
const MORE_S = 2;
// How long each request to the token endpoint takes at least: two at once are then seen.
const TOKEN_MS = 30;

const tally = {
  signed_in: 0, // tokens given for a code
  renewed: 0, // tokens given for a refresh token
  at_once: 0, // requests to the token endpoint that are under way
  at_once_max: 0, // the most of them at the same time
  revoked: 0, // grants revoked, each with all its tokens
  refused: [], // what the token endpoint refused, and why
  turned_away: 0, // requests to the API without a good token
  receipts: [], // the orders for which a receipt was written
  refresh_tokens: [], // every refresh token, oldest first
};

function provider(origin) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made = new Provider(origin, {
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      // RFC 8252, section 7.3: the port of a loopback redirect URI may be any.
      application_type: 'native',
      redirect_uris: [redirectUrl],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    }],
    scopes: ['openid', 'offline_access', 'receipts'],
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: LIFE_S + MORE_S,
      RefreshToken: 86_400,
      Grant: 86_400,
      Session: 86_400,
      Interaction: 600,
      IdToken: 600,
    },
    routes: { authorization: '/authorize', token: '/token' },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  });
  made.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'token' && ctx.body?.expires_in) ctx.body.expires_in -= MORE_S;
  });
  made.on('grant.success', (ctx) => {
    tally[ctx.oidc.params.grant_type === 'refresh_token' ? 'renewed' : 'signed_in'] += 1;
  });
  made.on('grant.error', (_ctx, error) => {
    tally.refused.push(`${error.error}: ${error.error_detail ?? error.error_description}`);
  });
  made.on('grant.revoked', () => { tally.revoked += 1; });
  made.on('refresh_token.saved', (token) => { tally.refresh_tokens.push(token.jti); });
  made.on('server_error', (_ctx, error) => console.error(error));
  return made;
}

// What Ann does: says who she is, then agrees to what is asked for.
async function interact(req, res) {
  const { prompt, params, session } = await oidc.interactionDetails(req, res);
  if (prompt.name === 'login') {
    return oidc.interactionFinished(req, res, { login: { accountId: 'ann' } });
  }
  const grant = new oidc.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return oidc.interactionFinished(req, res, { consent }, { mergeWithLastSubmission: true });
}

function answer(res, status, body) {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

// The API, for those who show a token that the provider knows.
async function api(req, res) {
  let body = '';
  for await (const piece of req) body += piece;
  const [, shown] = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '') ?? [];
  const token = shown && await oidc.AccessToken.find(shown);
  if (!token?.isValid || !token.scopes.has('receipts')) {
    tally.turned_away += 1;
    return answer(res, 401, { error: 'invalid_token' });
  }
  if (req.url === '/v1/me') return answer(res, 200, { name: `${token.accountId} at Mill Lane` });
  tally.receipts.push(JSON.parse(body).order);
  return answer(res, 201, { id: String(tally.receipts.length) });
}

// The token endpoint, with a count of who is there.
async function token(req, res) {
  tally.at_once += 1;
  tally.at_once_max = Math.max(tally.at_once_max, tally.at_once);
  res.once('close', () => { tally.at_once -= 1; });
  await new Promise((done) => { setTimeout(done, TOKEN_MS); });
  return oidc.callback()(req, res);
}

function route(req, res) {
  if (req.url.startsWith('/interaction/')) return interact(req, res);
  if (req.url.startsWith('/v1/')) return api(req, res);
  if (req.url === '/tally') return answer(res, 200, tally);
  if (req.url === '/token') return token(req, res);
  return oidc.callback()(req, res);
}

let oidc;
const server = createServer((req, res) => {
  Promise.resolve(route(req, res)).catch((error) => {
    console.error(error);
    res.destroy();
  });
});
server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  oidc = provider(origin);
  console.log(origin);
});
// Whoever started it holds its input open for as long as they live.
process.stdin.resume().once('end', () => process.exit());
