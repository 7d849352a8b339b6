/** The node to which all pods are bound. */
export const NODE_NAME = 'sandbox'
