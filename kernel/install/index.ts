export { kernelsFolder, type Place } from "./folders.js";
export { installKernelspec, isOurs, uninstallKernelspec, type InstallOptions } from "./kernelspec.js";
