import { describe, expect, it } from 'vitest'
import { injectFault } from '../../../src/core/faults/edits.ts'
import { foreignFaults, removeForeign } from '../../../src/core/faults/foreign.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { aRecord, aRoute, FOREIGN } from '../../cli/faults.ts'

const FAULTY: VirtualService = aRoute({ fault: FOREIGN })

function after(object: VirtualService, seen = foreignFaults(object)): VirtualService {
  const edited = removeForeign(new Set(seen.map(({ id }) => id)))(object)
  if ('refused' in edited) throw new Error(edited.refused)
  return edited.object
}

describe('taking foreign faults out', () => {
  it('leaves all else as it is', () => {
    expect(after(FAULTY)).toEqual(aRoute({}))
  })

  it('is the same twice', () => {
    expect(after(after(FAULTY), foreignFaults(FAULTY))).toEqual(aRoute({}))
  })

  it('leaves a fault that became another since somebody saw it', () => {
    const worse = aRoute({ fault: { abort: { percentage: { value: 90 }, httpStatus: 500 } } })
    expect(after(worse, foreignFaults(FAULTY))).toEqual(worse)
  })

  it('leaves the same fault in a route that nobody named', () => {
    const [own = {}] = aRoute({}).spec.http ?? []
    const other = { ...own, name: 'other', fault: FOREIGN }
    const both = { ...FAULTY, spec: { ...FAULTY.spec, http: [...(FAULTY.spec.http ?? []), other] } }
    expect(after(both, foreignFaults(FAULTY)).spec.http?.slice(-1)).toEqual([other])
  })

  it('finds a route without a name by its place', () => {
    const nameless = { ...FAULTY, spec: { http: [{ route: [] }, { route: [], fault: FOREIGN }] } }
    expect(after(nameless).spec.http).toEqual([{ route: [] }, { route: [] }])
  })

  it('leaves faults of ours', () => {
    const injected = injectFault(aRecord(), 'shop')(FAULTY)
    if ('refused' in injected) throw new Error(injected.refused)
    const bare = injectFault(aRecord(), 'shop')(aRoute({}))
    expect({ object: after(injected.object) }).toEqual(bare)
  })
})
