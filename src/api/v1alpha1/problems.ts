import type { z } from 'zod'

/**
 * What zod found, a line each: the field, and what is wrong with it.
 * @param root where the value stands in the manifest
 */
export function problemLines(issues: readonly z.core.$ZodIssue[], root = ''): string[] {
  return issues.map(({ path, message }) => {
    const place = path.reduce<string>(
      (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`),
      root,
    )
    return place === '' ? message : `${place.replace(/^[.]/, '')}: ${message}`
  })
}
