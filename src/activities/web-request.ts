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
  const read = async ({ name, key }: { readonly name: string; readonly key: string }) =>
    secrets.read({ namespace, name }, key)
  const hidden = await Promise.all(
    headersFrom.map(async ({ name, secretKeyRef }) => [name, (await read(secretKeyRef)).trimEnd()] as const),
  )
  return {
    url,
    method,
    jsonPath,
    headers: Object.fromEntries([...headers.map(({ name, value }) => [name, value] as const), ...hidden]),
    ...(body !== undefined && { body }),
    ...(caFrom && { ca: await read(caFrom.secretKeyRef) }),
  }
}
