import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { BENCHMARKS } from '../../bench/benchmarks.ts'
import { parseSpec } from '../../src/api/v1alpha1/rollout.ts'
import { projectRoot } from '../../sandbox/env.ts'
import { codesIn, pages, readPage, tableBelow } from './pages.ts'

const { scripts } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> }
const textOf = (page: string) => readPage(page)

/** Anchors as GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

function brokenLinks(page: string): string[] {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(projectRoot, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
}

/** Objects in the YAML blocks of a page. */
function objectsIn(page: string): { readonly kind?: string; readonly spec?: unknown }[] {
  const blocks = [...textOf(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  return blocks.flatMap((block) => parseAllDocuments(block).map((document) => document.toJS() as object))
}

const rollouts = pages().flatMap((page) =>
  objectsIn(page).flatMap(({ kind, spec }) => (kind === 'Rollout' ? [{ page, spec }] : [])),
)

describe('pages', () => {
  it.each(pages())('of %s link to what is there', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })

  it.each(pages())('of %s name npm scripts that exist', (page) => {
    const named = [...textOf(page).matchAll(/\bnpm run ([a-z:]+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it.each(pages())('of %s name benchmarks that exist', (page) => {
    const named = [...textOf(page).matchAll(/\bnpm run bench -- ([a-z]\w+)/g)].map(([, name]) => name)
    const known = new Set(BENCHMARKS.map(({ name }) => name))
    expect(named.filter((name = '') => !known.has(name))).toEqual([])
  })

  it.each(rollouts)('show Rollouts that are valid: one in $page', ({ spec }) => {
    expect(parseSpec(spec)).toHaveProperty('spec')
  })

  it('show at least the Rollouts of README and guide', () => {
    expect(rollouts.map(({ page }) => page)).toEqual(
      expect.arrayContaining(['README.md', 'docs/guides/first-rollout.md']),
    )
  })

  it('name nothing of the machine that they were written on', () => {
    const named = pages().filter((page) => /\/work\/|\/root\/|\/home\//.test(textOf(page)))
    expect(named).toEqual([])
  })
})

describe('the map of the house', () => {
  const listed = tableBelow(readPage('CONTRIBUTING.md'), '## The map of the house').map(
    ([folder = '']) => folder,
  )

  it('shows every folder, and none that is not there', () => {
    const files = globSync('{src,crds,deploy,docs,sandbox,scripts,bench,test}/**/*.*', { cwd: projectRoot })
    const folders = files.map((file) => file.split('/'))
    const inSrc = folders.flatMap(([top, next = '']) => (top === 'src' ? [`src/${next}`] : []))
    const inCore = folders.flatMap(([, next, last, file]) =>
      next === 'core' && file ? [`src/core/${last}`] : [],
    )
    const tops = folders.flatMap(([top = '']) => (top === 'src' ? [] : [top]))
    expect(listed.toSorted()).toEqual([...new Set([...tops, ...inSrc, ...inCore])].toSorted())
  })

  it('says where a change goes in files that are there', () => {
    const rows = readPage('CONTRIBUTING.md').split('## Where a change goes')[1]?.split('\n## ')[0] ?? ''
    const paths = codesIn(rows).filter((code) => code.includes('/'))
    expect(paths.filter((path) => !existsSync(join(projectRoot, path)))).toEqual([])
  })
})

describe('the decisions', () => {
  it('are all listed', () => {
    const found = globSync('docs/adr/0*.md', { cwd: projectRoot }).map((path) =>
      path.replace('docs/adr/', ''),
    )
    const linked = [...readPage('docs/adr/README.md').matchAll(/\]\((0[^)]+)\)/g)].map(([, path]) => path)
    expect(linked).toEqual(found.toSorted())
  })

  it.each(globSync('docs/adr/0*.md', { cwd: projectRoot }))(
    'in %s tell drivers, options and consequences',
    (page) => {
      for (const heading of ['Drivers', 'Options', 'Decision', 'Consequences']) {
        expect(readPage(page)).toContain(`\n## ${heading}\n`)
      }
    },
  )
})
