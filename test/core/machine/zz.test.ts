import { it } from 'vitest'
import { happen } from './world/script.ts'
import type { Op } from './world/script.ts'
import { World } from './world/world.ts'
const scenery = {"share":100,"foreign":false,"named":false,"allSubsets":false,"neighbour":false,"fullHost":false}
function play(ops: Op[]) { const w = new World(scenery); w.control(); try { for (const o of ops) happen(w, o) } finally { console.log(w.log.join('\n'), w.state?.phase, w.state?.ending) } return w }
it('crash after own lowering', () => {
  play([{op:'want',version:'v2',late:false},{op:'run',steps:19,verdict:'Wait'},{op:'pods',version:'v2',ready:0},{op:'run',steps:2,verdict:'Wait'},{op:'crash'},{op:'run',steps:6,verdict:'Wait'}])
})
it('late', () => {
  play([{op:'want',version:'v2',late:false},{op:'want',version:'v1',late:false},{op:'run',steps:4,verdict:'Wait'},{op:'want',version:'v3',late:true},{op:'run',steps:8,verdict:'Wait'},{op:'control'}])
})
it('zombie raise', () => {
  play([{op:'want',version:'v2',late:false},{op:'run',steps:14,verdict:'Wait'},{op:'stall'},{op:'pods',version:'v2',ready:0},{op:'run',steps:5,verdict:'Wait'},{op:'zombie',index:1,steps:1},{op:'zombie',index:0,steps:1},{op:'zombie',index:2,steps:1}, {op:'run',steps:20,verdict:'Wait'}])
})
