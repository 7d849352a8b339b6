/** What Temporal said, in a sentence that tells what to do where its own does not; what was said is its cause. */
export function readableError(error: unknown, namespace: string): Error {
  if (lacksNamespace(error)) {
    const remedy = `temporal operator namespace create --namespace ${namespace}`
    return new Error(`Temporal has no namespace ${namespace}; create it: ${remedy}`)
  }
  const root = rootOf(error instanceof Error ? error : new Error(String(error)))
  const sentence = TROUBLES.find(([said]) => said.test(root.message))?.[1]
  return sentence === undefined ? root : new Error(sentence, { cause: root })
}

/** The client puts "Failed to signalWithStart Workflow" before it. */
function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error
}

/** The client has an error of its own for it, the worker only a status as text. */
function lacksNamespace(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'NamespaceNotFoundError' || error.message.includes('NamespaceNotFoundFailure')
}

/**
 * What client (Node.js) and worker (Rust) say of the same trouble, and what it means. Both put times or addresses of
 * memory into some of it, so that a status with their words would be written anew at each try.
 */
const TROUBLES: readonly (readonly [said: RegExp, sentence: string])[] = [
  [
    /self-signed|unable to verify|unable to get (local )?issuer|UnknownIssuer/,
    'its certificate is of an authority that is not trusted here; the CA file must hold that authority',
  ],
  [
    /ALTNAME_INVALID|NotValidForName/,
    'its certificate is for another name than that of the address; set the server name that it has',
  ],
  [/certificate has expired|InvalidCertificate\(Expired/, 'its certificate has expired'],
  [/certificate required|CertificateRequired/, 'it wants a client certificate'],
  [
    /alert (bad certificate|unknown ca|certificate unknown)|alert: (BadCertificate|UnknownCA|CertificateUnknown)/,
    'it does not trust the client certificate',
  ],
  [/wrong version number|InvalidContentType/, 'it does not speak TLS'],
  [
    /UNAUTHENTICATED|valid authentication credentials/,
    'it does not know who asks: the API key or the client certificate is missing or not valid',
  ],
  [
    /PERMISSION_DENIED|does not have permission/,
    'it denies the permission: the API key or the client certificate is not for this namespace',
  ],
  [/DEADLINE_EXCEEDED/, 'it does not answer in time'],
  [/ECONNREFUSED|ConnectionRefused/, 'the connection is refused'],
  [/Name resolution failed|failed to lookup address/, 'the name of its host cannot be resolved'],
  [
    /No connection established\. Last error: Failed to connect|ECONNRESET|EPIPE|hyper::Error/,
    'it ends the connection at once: it may want TLS or a client certificate, or not trust the one that it got',
  ],
  // Another client of this process is connecting just now, and its connection would be shared.
  [/No connection established/, 'there is no connection to it yet'],
]
