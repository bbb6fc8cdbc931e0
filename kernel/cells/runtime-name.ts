/** The global under which a cell's script finds its session. */
export const runtimeName = "__lamella__";
/** Replaces `%time ` in a line, character for character, so that no position in the line moves. */
export const startClockCall = "__t();";
