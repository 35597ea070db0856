export { Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from "@niivue/niivue";
