// In place of d3-interpolate, which brings colours, dates and transforms along: our scales lead to numbers alone, and infinity to infinity.
export const interpolateNumber = (a: number, b: number) => (t: number) => a + (b - a)*t
export const interpolateRound = (a: number, b: number) => (t: number) => Math.round(a + (b - a)*t)
export {interpolateNumber as interpolate}
export {interpolateNumber as interpolateRgb, interpolateNumber as piecewise}  // of scales that we leave out
