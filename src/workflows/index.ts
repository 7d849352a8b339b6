export { release } from './release.ts'
export { sweep } from './sweep.ts'
