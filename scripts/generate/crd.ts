import { stringify } from 'yaml'
import { API_VERSION, GROUP } from '../../src/api/names.ts'
import { NAME_RULE } from '../../src/api/v1alpha1/manifest.ts'
import { rolloutSpec } from '../../src/api/v1alpha1/spec.ts'
import { rolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { structuralSchema } from './structural.ts'

const HEADER = '# Generated from src/api by "npm run generate"; do not edit.\n'

const READY_REASON = '.status.conditions[?(@.type=="Ready")].reason'

const COLUMNS = [
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

/** The CustomResourceDefinition of Rollouts, as an object. */
function rolloutCrd() {
  const names = {
    kind: 'Rollout',
    listKind: 'RolloutList',
    plural: 'rollouts',
    singular: 'rollout',
    shortNames: ['slr'],
    categories: ['sluice'],
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names,
      scope: 'Namespaced',
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: rolloutSchema() },
        },
      ],
    },
  }
}

/** The same as the text of a manifest. */
export function rolloutCrdYaml(): string {
  return HEADER + stringify(rolloutCrd(), { lineWidth: 120, aliasDuplicateObjects: false })
}

function rolloutSchema() {
  return {
    description:
      'A Rollout moves the traffic of a Service from the version that users have to the version wanted.',
    type: 'object',
    required: ['spec'],
    'x-kubernetes-validations': [NAME_RULE],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structuralSchema(rolloutSpec, 'spec'),
      status: structuralSchema(rolloutStatus, 'status'),
    },
  }
}
