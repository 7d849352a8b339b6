import { readFileSync } from 'node:fs'
import { ENDING_REASONS, FINDING_REASONS, REASONS } from '../../src/api/v1alpha1/conditions.ts'
import { metricTemplateSpec } from '../../src/api/v1alpha1/metric-template.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { BUILT_IN_PARAMETERS } from '../../src/api/queries.ts'
import { rolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { structuralSchema } from './structural.ts'
import { sections, wordTable } from './tables.ts'

const HEADER = '<!-- Generated from src/api by "npm run generate"; do not edit. -->'

const CONDITIONS = `\`Ready\`, \`Reconciling\` and \`Stalled\` as kstatus reads them, so \`kubectl wait\` and Flux understand them, and Argo CD by its health check in \`deploy/argocd\`:

- stable is \`Ready\`;
- releasing, waiting, paused, and an unreachable Temporal or Prometheus are \`Reconciling\`;
- rolled back, refused and invalid are \`Stalled\`: somebody has to change something.`

/** The reference page of Rollouts, as Markdown. */
export function rolloutReference(): string {
  return [
    HEADER,
    '# Rollout',
    'API `sluice.dev/v1alpha1`, short name `slr`, category `sluice`, namespaced. Its name has at most 63 characters.',
    '## Example',
    'With every field; those that have a default may be left out.',
    example('example.yaml'),
    ...sections(structuralSchema(rolloutSpec, 'spec'), 'spec', 2),
    ...sections(structuralSchema(rolloutStatus, 'status'), 'status', 2),
    '## Conditions',
    CONDITIONS,
    '### Reasons of conditions',
    wordTable('reason', REASONS),
    '### Reasons for which a release ends early',
    wordTable('reason', ENDING_REASONS),
    '### What preflight may find',
    'Nothing is touched; the release starts by itself when all is in order.',
    wordTable('finding', FINDING_REASONS),
  ]
    .join('\n\n')
    .concat('\n')
}

const TEMPLATE_NOTES = `A MetricTemplate is a query with parameters, which metrics of the Rollouts of its namespace name by \`templateRef\`. Its spec has exactly one of \`query\`, \`counts\` and \`http\`:

- \`query\` and \`http\` yield a plain number. It is compared with \`min\` and \`max\` at every look, and failures are counted: simple, and outside the stated chances of error.
- \`counts\` yields raw counters by version, which get the sequential test, as Istio's own metrics do.`

/** The reference page of MetricTemplates, as Markdown. */
export function metricTemplateReference(): string {
  return [
    HEADER,
    '# MetricTemplate',
    'API `sluice.dev/v1alpha1`, category `sluice`, namespaced.',
    TEMPLATE_NOTES,
    '## Examples',
    example('metric-templates.yaml'),
    '## Parameters',
    'Written as `{{ NAME }}`. Values are taken as they are: a parameter in a value is refused, so no cycle can be written.',
    wordTable('parameter', { ...BUILT_IN_PARAMETERS, 'args.NAME': 'a parameter that the template declares' }),
    WHERE_PARAMETERS_STAND,
    '## What the answers must look like',
    ANSWERS,
    '## Secrets of web metrics',
    SECRETS,
    `\`\`\`yaml\n${ROLE}\`\`\``,
    ...sections(structuralSchema(metricTemplateSpec, 'spec'), 'spec', 2),
  ]
    .join('\n\n')
    .concat('\n')
}

const WHERE_PARAMETERS_STAND = `No value can change the structure of what it is filled into:

- in a string of PromQL it is escaped for that string, and after \`=~\` and \`!~\` for the regular expression, too; a string in back quotes takes no value with a back quote;
- elsewhere in PromQL it must be a number, a duration or the name of a metric or label, and stand by itself;
- in comments of PromQL it is dropped with the comment;
- in a URL it is percent-encoded, and names no host but by letters, digits, "-" and ".";
- in a body it stands inside a JSON text;
- in a header it has no line breaks.`

const ANSWERS = `- \`query\`: a scalar, or a vector of one element. An empty vector and NaN (nothing divided by nothing) are no data. Several elements, a range, a text and infinity are no number: the message says so, and the canary is not blamed for it.
- \`counts\`: both are selectors of raw counters, without functions, whose label \`versionLabel\` is the version. \`[…]\` is added, and all samples are read as they were scraped, so restarts of pods and the first bad one of a version are seen. The counters of \`bad\` must be a part of those of \`total\`, from the same targets.
- \`http\`: status 200 with JSON of 1 MB at most, within 5 s, and at \`jsonPath\` a number, or a text that is one. 204, null, and nothing there are no data. 5xx, 429 and no answer at all are errors of the provider; everything else is no number. Redirects are not followed, and no proxy of the environment is used. Loopback, link-local and metadata addresses are refused before any connection, also where a name resolves to one.`

const SECRETS = `Values of \`headersFrom\` and \`caFrom\` are in Secrets of the namespace of the Rollout. Sluice's own role gives no right to read Secrets, so a Role in the namespace must, for exactly those that metrics there may send to the addresses that they name: whoever may write a MetricTemplate or a Rollout there can send them anywhere.`

const ROLE = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: sluice-metrics
  namespace: shop
rules:
  - apiGroups: ['']
    resources: [secrets]
    resourceNames: [survey]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: sluice-metrics
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: sluice-metrics
subjects:
  - kind: ServiceAccount
    name: sluice
    namespace: sluice-system
`

function example(file: string): string {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  return `\`\`\`yaml\n${text}\`\`\``
}
