import { startPortal } from './portal.ts'

/** `ISSUER=http://127.0.0.1:8080 CLIENT_ID=… CLIENT_SECRET=… node examples/portal/main.ts`: see README.md beside this file. */
const { ISSUER: issuer = 'http://127.0.0.1:8080', CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, PORT: port = '3000' } = process.env
if (!clientId || !clientSecret) {
  console.error('Set CLIENT_ID and CLIENT_SECRET: Admin > Applications shows them when the application is added.')
  process.exit(1)
}
const { url } = await startPortal({ issuer, clientId, clientSecret, port: Number(port) })
console.log(`The portal is ready on ${url}.`)
