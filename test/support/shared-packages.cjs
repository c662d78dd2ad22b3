const Runtime = require('jest-runtime').default;

/**
 * What many suites import, keeps nothing between two users of it and takes what a suite gives it for what it is. React would
 * keep whether there is a `window`; to prom-client a suite's promise is no `instanceof Promise`.
 */
const PACKAGES = ['amqplib', 'fast-check', 'fastify', 'jsonwebtoken', 'luxon', 'pino', 'ws', 'zod'];

/** The CommonJS file of each: the one kind that can be handed into a suite's context at once. */
const files = PACKAGES.map((name) => require.resolve(name));

/** Loads the packages once a worker, not anew in the context of each suite: that took a sixth of the time of a run. */
module.exports = class SharedPackages extends Runtime {
  static moduleNameMapper = Object.fromEntries(PACKAGES.map((name, at) => [`^${name}$`, files[at]]));

  constructor(config, environment, ...others) {
    super(config, environment, ...others);
    takeForErrors(environment.global.Error);
  }

  requireModuleOrMock(from, moduleName) {
    return files.includes(moduleName) ? require(moduleName) : super.requireModuleOrMock(from, moduleName);
  }
};

/** Errors of the worker are `instanceof` a suite's own `Error`, as they are where there is but one: those of packages and of Node. */
function takeForErrors(SuiteError) {
  const isInstance = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(SuiteError, Symbol.hasInstance, {
    value(thing) {
      return isInstance.call(this, thing) || (this === SuiteError && isInstance.call(Error, thing));
    },
  });
}
