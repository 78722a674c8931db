// What the transformer makes of TypeScript's decorators. The shapes are TypeScript's helpers'.

export function decorate(decorators, target, key, descriptor) {
  const count = arguments.length;
  let result = count < 3 ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
  for (let index = decorators.length - 1; index >= 0; index--) {
    const apply = decorators[index];
    if (!apply) continue;
    const made = count < 3 ? apply(result) : count > 3 ? apply(target, key, result) : apply(target, key);
    result = made || result;
  }
  if (count > 3 && result) Object.defineProperty(target, key, result);
  return result;
}

export function decorateParam(index, decorator) {
  return (target, key) => decorator(target, key, index);
}

export function decorateMetadata(key, value) {
  if (typeof Reflect.metadata === 'function') return Reflect.metadata(key, value);
}
