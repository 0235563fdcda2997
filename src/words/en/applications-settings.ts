/** What is put into a ready setting. */
export interface OidcFacts {
  readonly issuer: string
  readonly clientId: string
  /** The first address to return to, or an example. */
  readonly redirectUri: string
}

/** Ready settings for the usual frameworks, as `docs/guides/openid-connect.md` has them. The secret is never among them. */
export const readySettings: Readonly<Record<string, (facts: OidcFacts) => string>> = {
  'Node: openid-client': ({ issuer, clientId }) =>
    `const config = await client.discovery(
  new URL('${issuer}'),
  '${clientId}',
  process.env.CLIENT_SECRET,
)`,
  'Auth.js (Next.js, SvelteKit)': ({ issuer, clientId }) =>
    `{
  id: 'countersign', name: 'Countersign', type: 'oidc',
  issuer: '${issuer}',
  clientId: '${clientId}',
  clientSecret: process.env.CLIENT_SECRET,
  checks: ['pkce', 'state', 'nonce'],
  authorization: { params: { scope: 'openid profile email roles' } },
}`,
  'Spring Boot': ({ issuer, clientId }) =>
    `spring.security.oauth2.client:
  provider.countersign.issuer-uri: ${issuer}
  registration.countersign:
    client-id: ${clientId}
    client-secret: \${CLIENT_SECRET}
    scope: openid, profile, email, roles`,
  'ASP.NET Core': ({ issuer, clientId }) =>
    `.AddOpenIdConnect(options => {
    options.Authority = "${issuer}";
    options.ClientId = "${clientId}";
    options.ClientSecret = Configuration["ClientSecret"];
    options.ResponseType = "code";
    options.ResponseMode = "query";
    options.UsePkce = true;
    options.Scope.Add("email");
    options.Scope.Add("roles");
});`,
  'Django: mozilla-django-oidc': ({ issuer, clientId }) =>
    `OIDC_RP_CLIENT_ID = "${clientId}"
OIDC_RP_CLIENT_SECRET = os.environ["CLIENT_SECRET"]
OIDC_OP_AUTHORIZATION_ENDPOINT = "${issuer}/oidc/authorize"
OIDC_OP_TOKEN_ENDPOINT = "${issuer}/oidc/token"
OIDC_OP_USER_ENDPOINT = "${issuer}/oidc/userinfo"
OIDC_OP_JWKS_ENDPOINT = "${issuer}/oidc/jwks"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_PKCE = True`,
  'PHP: jumbojett/openid-connect-php': ({ issuer, clientId }) =>
    `$oidc = new OpenIDConnectClient('${issuer}', '${clientId}', getenv('CLIENT_SECRET'));
$oidc->setCodeChallengeMethod('S256');
$oidc->addScope(['profile', 'email', 'roles']);`,
  'Apache: mod_auth_openidc': ({ issuer, clientId, redirectUri }) =>
    `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret \${CLIENT_SECRET}
OIDCRedirectURI ${redirectUri}
OIDCPKCEMethod S256
OIDCScope "openid profile email roles"`,
}
