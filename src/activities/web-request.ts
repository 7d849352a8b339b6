import type { FilledHttp, WebRequest } from '../core/analysis/query/web.ts'
import type { Secrets } from '../ports.ts'

/**
 * The request of a metric with what is secret, read from Secrets of the namespace. Line ends after a value are left out:
 * many a Secret was made of a file. Throws a RefusedError when a Secret may not be read, or lacks the key.
 */
export async function webRequest(
  { url, method, body, jsonPath, headers, headersFrom, caFrom }: FilledHttp,
  namespace: string,
  secrets: Secrets,
): Promise<WebRequest> {
  return {
    url,
    method,
    jsonPath,
    headers: await headersWith({ headers, headersFrom }, namespace, secrets),
    ...(body !== undefined && { body }),
    ...(caFrom && { ca: await secretText(caFrom, namespace, secrets) }),
  }
}

/** Headers by name, with those that are secret. Throws a RefusedError when a Secret may not be read, or lacks the key. */
export async function headersWith(
  { headers, headersFrom }: Pick<FilledHttp, 'headers' | 'headersFrom'>,
  namespace: string,
  secrets: Secrets,
): Promise<Record<string, string>> {
  const hidden = await Promise.all(
    headersFrom.map(
      async (from) => [from.name, (await secretText(from, namespace, secrets)).trimEnd()] as const,
    ),
  )
  return Object.fromEntries([...headers.map(({ name, value }) => [name, value] as const), ...hidden])
}

async function secretText(
  { secretKeyRef: { name, key } }: { readonly secretKeyRef: { readonly name: string; readonly key: string } },
  namespace: string,
  secrets: Secrets,
): Promise<string> {
  return secrets.read({ namespace, name }, key)
}
