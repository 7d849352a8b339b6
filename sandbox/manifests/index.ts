// Kubernetes and Istio objects of the demo: plain values, to be applied as they are or changed before.
export { applyObjects } from './apply.ts'
export { demoDestinationRule, demoVirtualService, type DemoRetries } from './mesh.ts'
export { demoDeployment, demoNamespace, demoService, type DemoWorkload } from './workloads.ts'
