/** Preloaded into Jest: drops the one warning that comes with running ES modules in it, and no other. */
const emitWarning = process.emitWarning.bind(process);

process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith('VM Modules is an experimental feature')) emitWarning(warning, ...rest);
};
