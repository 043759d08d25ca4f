/** What one client may have open at a time. Each of them is its owner's; the bounds are for programs that run wild. */
export const connectionsMax = 64;
export const channelsPerConnectionMax = 256;
export const listenersPerConnectionMax = 64;
export const displaysPerConnectionMax = 16;
/** Of a session, beside those of the workspace. */
export const variablesMax = 256;
export const variablesBytesMax = 64 * 1_024;
