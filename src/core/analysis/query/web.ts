import { PARAMETER_START } from '../../../api/queries.ts'
import type { MetricTemplateSpec } from '../../../api/v1alpha1/metric-template.ts'
import { ParameterError, templatePieces, valueOf } from './parameters.ts'
import type { Values } from './parameters.ts'
import { shown } from './promql.ts'

export type MetricHttp = NonNullable<MetricTemplateSpec['http']>

/** A request with its parameters filled in; what is secret is still only named. */
export type FilledHttp = MetricHttp

/** The same with what is secret. */
export interface WebRequest extends Pick<FilledHttp, 'url' | 'method' | 'body' | 'jsonPath'> {
  readonly headers: Readonly<Record<string, string>>
  /** Certificates (PEM) to trust besides those that are trusted anyway. */
  readonly ca?: string
}

/**
 * Fills the parameters of a request: percent-encoded in the URL, escaped in the texts of a JSON body, as they are in
 * headers. Throws a ParameterError when a parameter is unknown, or its value has no safe form where it stands.
 */
export function filledHttp(http: MetricHttp, values: Values): FilledHttp {
  const headers = http.headers.map(({ name, value }) => ({ name, value: filledHeader(name, value, values) }))
  const body = http.body === undefined ? {} : { body: filledBody(http.body, values) }
  refuseTwice([...headers, ...http.headersFrom].map(({ name }) => name))
  return { ...http, url: filledUrl(http.url, values), headers, ...body }
}

function filledUrl(template: string, values: Values): string {
  const text = filled(template, values, (value) => encoded(value))
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw new ParameterError(`${shown(text)} is no URL`)
  if (url.username !== '' || url.password !== '')
    throw new ParameterError(`${shown(text)} has a user or password: send an Authorization header instead`)
  refuseOtherPlace(template, text, url)
  return url.href
}

/** Everything but letters, digits, "-", "_", "." and "~". */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** An encoded value is one part of a path or query, unless it is one of those that URLs read as a way up. */
function refuseOtherPlace(template: string, text: string, url: URL): void {
  const [, host = '', path = ''] = /^https?:[/][/]([^/?#]*)([^?#]*)/i.exec(text) ?? []
  if (!/^([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/.test(host))
    throw new ParameterError(`${shown(host)} names no host, in the URL ${shown(template)}`)
  if ((path || '/').split('/').length !== url.pathname.split('/').length)
    throw new ParameterError(
      `${shown(text)} has a part of its path that means the folder itself or the one above`,
    )
}

function filledHeader(name: string, template: string, values: Values): string {
  const text = filled(template, values, (value) => value)
  if (/^[ -~]*$/.test(text)) return text
  throw new ParameterError(
    `the header ${name} must be printable ASCII without line breaks: found ${shown(text)}`,
  )
}

function refuseTwice(names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase())
  const twice = names.find((_, index) => lower.indexOf(lower[index] ?? '') < index)
  if (twice !== undefined) throw new ParameterError(`the header ${twice} is there twice`)
}

function filledBody(template: string, values: Values): string {
  return JSON.stringify(filledJson(parsed(template), values))
}

function parsed(template: string): unknown {
  try {
    return JSON.parse(template)
  } catch (error) {
    throw new ParameterError(`the body is no JSON (parameters stand inside of texts): ${String(error)}`, {
      cause: error,
    })
  }
}

// The parsed texts are filled, so that nothing needs to be escaped.
function filledJson(node: unknown, values: Values): unknown {
  if (typeof node === 'string') return filled(node, values, (value) => value)
  if (Array.isArray(node)) return node.map((one) => filledJson(one, values))
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).map(([key, value]): [string, unknown] => {
    if (key.includes(PARAMETER_START))
      throw new ParameterError(`a parameter can not stand in a key of the body: ${shown(key)}`)
    return [key, filledJson(value, values)]
  })
  return Object.fromEntries(entries)
}

function filled(template: string, values: Values, written: (value: string) => string): string {
  return templatePieces(template)
    .map((piece) => ('text' in piece ? piece.text : written(valueOf(piece.parameter, values))))
    .join('')
}
