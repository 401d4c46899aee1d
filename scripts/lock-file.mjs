/** What the scripts know about package-lock.json. */

/**
 * Packages that an entry of the lock file asks for and that have no entry themselves: `npm ci` refuses
 * such a file. npm writes it when the configured registry does not have the builds of a package for
 * other platforms. Each with the entry that asks, the version asked for and whether it is optional.
 */
export function listMissingEntries(packages) {
  const missing = [];
  for (const [parent, entry] of Object.entries(packages)) {
    for (const group of ['dependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(entry[group] ?? {})) {
        if (!isInstalledFor(packages, parent, name)) {
          missing.push({ parent, name, version, isOptional: group === 'optionalDependencies' });
        }
      }
    }
  }
  return missing;
}

/** Node's own search: in the parent's node_modules, then outwards to the root's. */
function isInstalledFor(packages, parent, name) {
  const folder = parent === '' ? '' : `${parent}/`;
  if (packages[`${folder}node_modules/${name}`] !== undefined) {
    return true;
  }
  if (parent === '') {
    return false;
  }
  const outer = parent.lastIndexOf('/node_modules/');
  return isInstalledFor(packages, outer === -1 ? '' : parent.slice(0, outer), name);
}
