import { shortHash } from '../hash.ts'
import type { DestinationRule, Subset } from './types.ts'

/** Longest slug such that slug, dash and hash stay within the 63 characters of a DNS label. */
const SLUG_LENGTH = 40

/**
 * Name of a new subset: slug and short hash of the version. Subset names are DNS labels, label values need not be.
 */
export function subsetName(version: string): string {
  const slug = version
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, SLUG_LENGTH)
    .replace(/-+$/, '')
  return [slug, shortHash(version)].filter((part) => part !== '').join('-')
}

/**
 * The subset that selects a version, found by its labels.
 * @param named of several it is the first of these names, else the first in the rule
 */
export function findSubset(
  rule: DestinationRule,
  versionLabel: string,
  version: string,
  named: readonly string[] = [],
): Subset | undefined {
  const found = rule.spec.subsets?.filter((subset) => subset.labels?.[versionLabel] === version) ?? []
  return named.flatMap((name) => found.filter((subset) => subset.name === name))[0] ?? found[0]
}

/** The version that a subset selects. */
export function versionOfSubset(
  rule: DestinationRule,
  versionLabel: string,
  name: string,
): string | undefined {
  return rule.spec.subsets?.find((subset) => subset.name === name)?.labels?.[versionLabel]
}

/** The rule with a subset for a version: stable's, policies included, with name and version label changed. */
export function withSubset(
  rule: DestinationRule,
  like: Subset,
  added: { name: string; versionLabel: string; version: string },
): DestinationRule {
  const subset = {
    ...like,
    name: added.name,
    labels: { ...like.labels, [added.versionLabel]: added.version },
  }
  return { ...rule, spec: { ...rule.spec, subsets: [...(rule.spec.subsets ?? []), subset] } }
}

/** The rule without a subset. */
export function withoutSubset(rule: DestinationRule, name: string): DestinationRule {
  const subsets = rule.spec.subsets?.filter((subset) => subset.name !== name)
  return { ...rule, spec: { ...rule.spec, ...(subsets && { subsets }) } }
}
