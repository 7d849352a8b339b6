import { ApiException } from '@kubernetes/client-node'

/** The reason of a failed request in one line: what the API server says, without headers and stack. */
export function explain(error: unknown): string {
  if (error instanceof ApiException) return `${error.code}: ${serverMessage(error.body)}`
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function serverMessage(body: unknown): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  try {
    const { message } = JSON.parse(text) as { message?: string }
    return message ?? text
  } catch {
    return text // not every refusal is JSON
  }
}
