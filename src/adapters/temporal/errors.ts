/** What Temporal said, in a sentence that tells what to do where its own does not. */
export function readableError(error: unknown, namespace: string): Error {
  if (lacksNamespace(error)) {
    const remedy = `temporal operator namespace create --namespace ${namespace}`
    return new Error(`Temporal has no namespace ${namespace}; create it: ${remedy}`)
  }
  return error instanceof Error ? error : new Error(String(error))
}

/** The client has an error of its own for it, the worker only a status as text. */
function lacksNamespace(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'NamespaceNotFoundError' || error.message.includes('NamespaceNotFoundFailure')
}
