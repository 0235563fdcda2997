/** What an example is filled in with. */
interface Filled {
  readonly clientId: string
  readonly host: string
  readonly redirectUri: string
}

/** Apart from its brackets, so that nothing takes an example for an import of ours. */
const load = 'require'

/** How each of Duo's libraries is pointed at Countersign. The secret is read from where secrets belong. */
export const snippets = {
  node: ({ clientId, host, redirectUri }: Filled) => `const { Agent } = ${load}('node:https')
const { readFileSync } = ${load}('node:fs')
const { Client } = ${load}('@duosecurity/duo_universal')

const client = new Client({
  clientId: '${clientId}',
  clientSecret: process.env.SECOND_FACTOR_SECRET,
  apiHost: '${host}',
  redirectUrl: '${redirectUri}',
})
// Up to 3.0.0 the library trusts Duo's authorities alone; this makes it trust yours.
client.axios.defaults.httpsAgent = new Agent({ ca: readFileSync('ca.pem') })
client.axios.defaults.timeout = 5000

await client.healthCheck()
const state = client.generateState()           // keep it in the session
const address = await client.createAuthUrl(userName, state)
// … and at ${redirectUri}, after comparing state:
const token = await client.exchangeAuthorizationCodeFor2FAResult(duoCode, userName)
if (token.auth_result?.result !== 'allow') throw new Error('refused')`,
  python: ({ clientId, host, redirectUri }: Filled) => `import os
from duo_universal import Client

client = Client(
    client_id="${clientId}",
    client_secret=os.environ["SECOND_FACTOR_SECRET"],
    host="${host}",
    redirect_uri="${redirectUri}",
    disable_ca_pinning=True,      # a public certificate
    # duo_certs="/path/ca.pem",   # or an authority of your own
)
client.health_check()
state = client.generate_state()   # keep it in the session
address = client.create_auth_url(user_name, state)
# … and at ${redirectUri}, after comparing state:
token = client.exchange_authorization_code_for_2fa_result(duo_code, user_name)
assert token["auth_result"]["result"] == "allow"`,
  go: ({ clientId, host, redirectUri }: Filled) => `client, err := duouniversal.NewClientWithOptions(
    "${clientId}", os.Getenv("SECOND_FACTOR_SECRET"),
    "${host}", "${redirectUri}",
    duouniversal.WithHTTPClient(&http.Client{Timeout: 5 * time.Second}),
)
_, err = client.HealthCheck()
state, err := client.GenerateState() // keep it in the session
address, err := client.CreateAuthURL(userName, state)
// … and at ${redirectUri}, after comparing state:
token, err := client.ExchangeAuthorizationCodeFor2faResult(duoCode, userName)
if token.AuthResult.Result != "allow" { return errRefused }`,
  php: ({ clientId, host, redirectUri }: Filled) => `use Duo\\DuoUniversal\\Client;

// Replace vendor/duosecurity/duo_universal_php/src/ca_certs.pem with your authorities first.
$client = new Client(
    '${clientId}',
    getenv('SECOND_FACTOR_SECRET'),
    '${host}',
    '${redirectUri}'
);
$client->healthCheck();
$state = $client->generateState();   // keep it in the session
$address = $client->createAuthUrl($userName, $state);
// … and at ${redirectUri}, after comparing state:
$token = $client->exchangeAuthorizationCodeFor2FAResult($duoCode, $userName);
if ($token['auth_result']['result'] !== 'allow') throw new Exception('refused');`,
  java: ({ clientId, host, redirectUri }: Filled) => `Client client = new Client.Builder(
        "${clientId}", System.getenv("SECOND_FACTOR_SECRET"),
        "${host}", "${redirectUri}")
    .setCACerts(new String[] { "sha256/…" })  // of a certificate in your chain
    .build();
client.healthCheck();
String state = client.generateState();   // keep it in the session
String address = client.createAuthUrl(userName, state);
// … and at ${redirectUri}, after comparing state:
Token token = client.exchangeAuthorizationCodeFor2FAResult(duoCode, userName);
if (!"allow".equals(token.getAuth_result().getResult())) throw new IllegalStateException("refused");`,
  csharp: ({ clientId, host, redirectUri }: Filled) => `var client = new ClientBuilder(
        "${clientId}", Environment.GetEnvironmentVariable("SECOND_FACTOR_SECRET"),
        "${host}", "${redirectUri}")
    .UseDuoCodeAttribute()
    .UseCustomRootCertificates(new X509Certificate2Collection(new X509Certificate2("ca.pem")))
    .Build();
await client.DoHealthCheck();
var state = Client.GenerateState();      // keep it in the session
var address = client.GenerateAuthUri(userName, state);
// … and at ${redirectUri}, after comparing state:
var token = await client.ExchangeAuthorizationCodeFor2faResult(duoCode, userName);
if (token.AuthResult.Result != "allow") throw new Exception("refused");`,
} as const satisfies Record<string, (filled: Filled) => string>

export type Library = keyof typeof snippets
