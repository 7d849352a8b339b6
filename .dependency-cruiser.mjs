/**
 * Who may import whom (the map of the house is in CONTRIBUTING.md). Each rule says what to do when it fires.
 * A layer's rule lists what it may import; everything else is forbidden, so a new library needs a line here.
 */

/** A package, wherever it is installed. */
const pkg = (name) => `(^|/)node_modules/${name}/`

/** Modules of src/api that do without zod at run time: small enough for a workflow, free of effects for the core. */
const PURE_API = '^src/api/(names|quantities|queries|v1alpha1/conditions)[.]ts$'

const TYPE_ONLY = ['type-only']

/** A rule that forbids a layer everything but a list, modules of Node.js included. */
function pureLayer(name, comment, allowed, from = `^src/${name}/`) {
  return {
    name: `${name}-imports`,
    comment,
    severity: 'error',
    from: { path: from },
    to: { pathNot: [from, ...allowed] },
  }
}

/** The same for a layer that may use Node.js. */
function layer(name, comment, allowed) {
  const rule = pureLayer(name, comment, allowed)
  return { ...rule, to: { ...rule.to, dependencyTypesNot: ['core'] } }
}

/** A rule that keeps a package in the folders that may know it. */
function home(name, folders, comment) {
  return {
    name: `${name.replaceAll(/[^a-z]+/g, '-').replace(/^-/, '')}-stays-home`,
    comment,
    severity: 'error',
    from: { path: '^src/', pathNot: folders },
    to: { path: pkg(name) },
  }
}

const layers = [
  pureLayer('api', 'The API depends on nothing of ours. Move what needs more to the layer that uses it.', [
    pkg('zod'),
  ]),
  pureLayer(
    'core',
    'Decisions are pure: no Node.js, no clients, no other layer. Take what you need as an argument, or do it in an activity.',
    ['^src/api/'],
  ),
  pureLayer(
    'ports',
    'Ports speak in types of api and core. Move the type there.',
    ['^src/(api|core)/'],
    '^src/ports(-views)?[.]ts$',
  ),
  pureLayer(
    'workflows',
    'A workflow sees core, pure parts of api, and types of activities. Everything with an effect belongs in an activity.',
    ['^src/(core|api)/', '^src/activities/', pkg('@temporalio/workflow')],
  ),
  pureLayer(
    'activities',
    'Activities read, decide with core, and write through a port. Add a method to a port, and implement it in an adapter.',
    ['^util$', '^src/(core|api)/', '^src/ports(-views)?[.]ts$', pkg('@temporalio/activity'), pkg('p-queue')],
  ),
  layer('controller', 'The controller knows ports, not adapters. Add a method to a port.', [
    '^src/(core|api|telemetry)/',
    '^src/ports(-views)?[.]ts$',
    '^src/activities/(apply|faults/clear)[.]ts$', // the one way to write Istio's objects
    pkg('p-queue'),
    pkg('pino'), // its types: see loggers-come-from-telemetry
  ]),
  layer('server', 'The server knows ports, not adapters. Add a method to a port.', [
    '^src/(core|api|telemetry)/',
    '^src/ports(-views)?[.]ts$',
    pkg('fastify'),
    pkg('pino'),
  ]),
  layer('telemetry', 'Telemetry is told what happened and asks nobody. Pass the value in.', [
    '^src/(core|api)/',
    '^src/ports(-views)?[.]ts$',
    pkg('pino'),
    pkg('prom-client'),
  ]),
  layer('cli', 'Commands know ports; cli/context.ts alone makes the adapters.', [
    '^src/(core|api)/',
    '^src/ports(-views)?[.]ts$',
    '^src/activities/(apply|faults/clear)[.]ts$', // the one way to write Istio's objects
    '^src/adapters/', // see cli-context-makes-adapters
    pkg('@commander-js/extra-typings'),
    pkg('commander'),
    pkg('log-update'),
    pkg('picocolors'),
    pkg('yaml'),
  ]),
]

const adapters = [
  {
    name: 'adapters-imports',
    comment:
      'An adapter knows ports, api, core and its own library. What two adapters share belongs in core, or in main.',
    severity: 'error',
    from: { path: '^src/adapters/([^/]+)/' },
    to: {
      path: '^src/',
      pathNot: [
        '^src/adapters/$1/',
        '^src/(api|core|telemetry)/',
        '^src/ports(-views)?[.]ts$',
        '^src/adapters/kubernetes/',
        '^src/workflows/',
      ],
    },
  },
  {
    name: 'adapters-temporal-alone-knows-workflows',
    comment: 'Only adapters/temporal talks to workflows. Go through a port.',
    severity: 'error',
    from: { path: '^src/adapters/', pathNot: '^src/adapters/temporal/' },
    to: { path: '^src/workflows/' },
  },
  {
    name: 'adapters-kubernetes-is-istios-base',
    comment: 'Only adapters/istio builds on adapters/kubernetes. Go through a port.',
    severity: 'error',
    from: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/(istio|kubernetes)/' },
    to: { path: '^src/adapters/kubernetes/' },
  },
  {
    name: 'cli-context-makes-adapters',
    comment: 'Commands take ports; cli/context.ts alone makes the adapters behind them.',
    severity: 'error',
    from: { path: '^src/cli/', pathNot: '^src/cli/context[.]ts$' },
    to: { path: '^src/adapters/' },
  },
]

const homes = [
  home(
    '@kubernetes/client-node',
    ['^src/adapters/(kubernetes|istio)/'],
    'Use a port; adapters/kubernetes implements it.',
  ),
  home('axios', ['^src/adapters/(prometheus|istio|web)/'], 'Use a port; its adapter makes the request.'),
  home('@temporalio/client', ['^src/adapters/temporal/'], 'Use a port; adapters/temporal implements it.'),
  home('@temporalio/worker', ['^src/(adapters/temporal|main)/'], 'Workers are started in main.'),
  home('@temporalio/workflow', ['^src/workflows/'], 'Only a workflow can use this library.'),
  home('@temporalio/activity', ['^src/activities/'], 'Only an activity can use this library.'),
  home('fastify', ['^src/server/'], 'Routes belong in server/.'),
  home('prom-client', ['^src/telemetry/'], 'Take a metric from telemetry/.'),
  home('commander', ['^src/(cli|main)/'], 'Options of the command line are read in cli/ and main/.'),
  home(
    '@commander-js/extra-typings',
    ['^src/(cli|main)/'],
    'Options of the command line are read in cli/ and main/.',
  ),
]

const runTime = [
  {
    name: 'no-schemas-in-core-and-workflows',
    comment:
      'zod stays out of decisions and workflows: import the type with "import type", or move the helper to a pure module of api.',
    severity: 'error',
    from: { path: '^src/(core|workflows|ports)' },
    to: { path: '^src/api/', pathNot: PURE_API, dependencyTypesNot: TYPE_ONLY },
  },
  {
    name: 'ports-are-types',
    comment: 'Ports import types only: write "import type".',
    severity: 'error',
    from: { path: '^src/ports(-views)?[.]ts$' },
    to: { dependencyTypesNot: TYPE_ONLY },
  },
  {
    name: 'adapters-see-workflow-types',
    comment: 'A workflow runs in its own world: import its type, and start it by its name.',
    severity: 'error',
    from: { path: '^src/adapters/' },
    to: { path: '^src/workflows/', dependencyTypesNot: TYPE_ONLY },
  },
  {
    name: 'loggers-come-from-telemetry',
    comment: 'Take a logger as an argument; its type may be imported from pino.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/telemetry/' },
    to: { path: pkg('pino'), dependencyTypesNot: TYPE_ONLY },
  },
  {
    name: 'workflows-see-activity-types',
    comment: 'An activity runs elsewhere: import its type and use proxyActivities.',
    severity: 'error',
    from: { path: '^src/workflows/' },
    to: { path: '^src/activities/', dependencyTypesNot: TYPE_ONLY },
  },
]

const everywhere = [
  {
    name: 'nobody-imports-main',
    comment: 'main wires the program; take what you need as an argument.',
    severity: 'error',
    from: { pathNot: '^src/main/' },
    to: { path: '^src/main/' },
  },
  {
    name: 'src-stands-alone',
    comment:
      'The product must work without sandbox, tests, benchmarks and scripts. Move what it needs into src.',
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^(sandbox|test|bench|scripts)/' },
  },
  {
    name: 'sandbox-is-the-outside',
    comment:
      'The sandbox stands for the world around Sluice: it may know the API, the adapters, types, and how the CLI draws a Rollout, not how Sluice decides.',
    severity: 'error',
    from: { path: '^sandbox/' },
    to: {
      path: '^(test|bench)/|^src/(core|workflows|activities|controller|server|cli/(?!view/))/?',
      dependencyTypesNot: TYPE_ONLY,
    },
  },
  {
    name: 'no-cycles',
    comment:
      'Two modules that need each other are one, or there is a third to be found: move what both need into it. Types alone may refer to each other.',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: TYPE_ONLY } },
  },
  {
    name: 'no-orphans',
    comment:
      'Nobody imports this file and it imports nobody: remove it, or name it here if it is started by its path.',
    severity: 'error',
    from: { orphan: true, path: '^(src|sandbox|scripts|bench)/', pathNot: '^scripts/bootstrap[.]mjs$' },
    to: {},
  },
  {
    name: 'no-dev-dependencies-in-src',
    comment: 'Users install "dependencies" only: move the package there, or do without it.',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
      dependencyTypesNot: TYPE_ONLY,
    },
  },
  {
    name: 'resolvable',
    comment: 'There is no such module: check the path (with its .ts) or add the package to package.json.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
]

export default {
  forbidden: [...layers, ...adapters, ...homes, ...runTime, ...everywhere],
  options: {
    parser: 'swc', // TypeScript 7 has no JavaScript API; swc comes with the Temporal worker
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
}
