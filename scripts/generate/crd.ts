import { stringify } from 'yaml'
import { API_VERSION, GROUP } from '../../src/api/names.ts'
import { NAME_RULE } from '../../src/api/v1alpha1/manifest.ts'
import { metricTemplateSpec } from '../../src/api/v1alpha1/metric-template.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { rolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { structuralSchema } from './structural.ts'

const HEADER = '# Generated from src/api by "npm run generate"; do not edit.\n'

const READY_REASON = '.status.conditions[?(@.type=="Ready")].reason'

const ROLLOUT_COLUMNS = [
  { name: 'Stable', type: 'string', jsonPath: '.status.stableVersion', description: 'What users have.' },
  { name: 'Wanted', type: 'string', jsonPath: '.spec.version', description: 'What is wanted.' },
  {
    name: 'Weight',
    type: 'integer',
    jsonPath: '.status.weight.desired',
    description: 'Percent to the canary.',
  },
  { name: 'Step', type: 'string', jsonPath: '.status.step', description: 'Step of steps.' },
  { name: 'Status', type: 'string', jsonPath: READY_REASON, description: 'Why it is Ready, or is not.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age of the Rollout.' },
  {
    name: 'Message',
    type: 'string',
    jsonPath: '.status.message',
    description: 'What is and what comes next.',
    priority: 1, // with "-o wide" only
  },
]

const TEMPLATE_COLUMNS = [
  {
    name: 'Description',
    type: 'string',
    jsonPath: '.spec.description',
    description: 'What the metric says.',
  },
  {
    name: 'Age',
    type: 'date',
    jsonPath: '.metadata.creationTimestamp',
    description: 'Age of the MetricTemplate.',
  },
]

/** What is different between the kinds. */
interface Kind {
  readonly names: {
    readonly kind: string
    readonly listKind: string
    readonly plural: string
    readonly singular: string
    readonly shortNames?: readonly string[]
  }
  readonly columns: readonly object[]
  readonly hasStatus: boolean
  readonly schema: object
}

function definition({ names, columns, hasStatus, schema }: Kind) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { ...names, categories: ['sluice'] },
      scope: 'Namespaced',
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          ...(hasStatus ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  }
}

function yamlOf(kind: Kind): string {
  return HEADER + stringify(definition(kind), { lineWidth: 120, aliasDuplicateObjects: false })
}

/** The CustomResourceDefinition of Rollouts, as the text of a manifest. */
export function rolloutCrdYaml(): string {
  return yamlOf({
    names: {
      kind: 'Rollout',
      listKind: 'RolloutList',
      plural: 'rollouts',
      singular: 'rollout',
      shortNames: ['slr'],
    },
    columns: ROLLOUT_COLUMNS,
    hasStatus: true,
    schema: rolloutSchema(),
  })
}

/** The CustomResourceDefinition of MetricTemplates, as the text of a manifest. */
export function metricTemplateCrdYaml(): string {
  return yamlOf({
    names: {
      kind: 'MetricTemplate',
      listKind: 'MetricTemplateList',
      plural: 'metrictemplates',
      singular: 'metrictemplate',
    },
    columns: TEMPLATE_COLUMNS,
    hasStatus: false,
    schema: templateSchema(),
  })
}

const OF_ANY_KIND = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object' },
}

function rolloutSchema() {
  return {
    description:
      'A Rollout moves the traffic of a Service from the version that users have to the version wanted.',
    type: 'object',
    required: ['spec'],
    'x-kubernetes-validations': [NAME_RULE],
    properties: {
      ...OF_ANY_KIND,
      spec: structuralSchema(rolloutSpec, 'spec'),
      status: structuralSchema(rolloutStatus, 'status'),
    },
  }
}

function templateSchema() {
  return {
    description: 'A MetricTemplate is a query with parameters, for metrics of the Rollouts of its namespace.',
    type: 'object',
    required: ['spec'],
    properties: { ...OF_ANY_KIND, spec: structuralSchema(metricTemplateSpec, 'spec') },
  }
}
