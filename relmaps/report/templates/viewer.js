// Slices through the template, one group map and the contour of a reference, in three planes with one cross-hair.
(() => {
  const element = (name) => document.getElementById(`viewer-${name}`);
  const data = JSON.parse(element("data").textContent);
  const canvas = element("canvas");
  if (!canvas.getContext("webgl2")) {
    element("fallback").hidden = false;
    element("stage").hidden = true;
    return;
  }
  const { Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } = niivue;
  const viewer = new Niivue({
    backColor: [0, 0, 0, 1],
    crosshairColor: [0.35, 0.8, 0.55, 0.9],
    crosshairWidth: 0.7,
    crosshairWidthUnit: "mm",
    crosshairGap: 8,
    isOrientationTextVisible: true,
    showAllOrientationMarkers: true,
    fontColor: [1, 1, 1, 1],
    multiplanarPadPixels: 10,
    multiplanarEqualSize: true,
    isRadiologicalConvention: false, // the left of the brain is on the left, as in the figures
    isResizeCanvas: true,
    dragAndDropEnabled: false,
    atlasOutline: 1,
    isColorbar: false,
    multiplanarShowRender: SHOW_RENDER.NEVER,
    logLevel: "error",
  });

  // NiiVue shows an overlay's colour whole or not at all; its own transparency below a minimum fades the weak values.
  for (const side of ["positive", "negative"]) {
    const [place, R, G, B] = data.colours[side][0].map((_, column) => data.colours[side].map((row) => row[column]));
    const I = place.map((part) => Math.round(255 * part));
    viewer.addColormap(side, { R: [R[0], ...R], G: [G[0], ...G], B: [B[0], ...B], A: [0, ...R.map(() => 255)], I: [0, 1, ...I.slice(1)] });
  }
  viewer.addColormap("nothing", { R: [0, 0], G: [0, 0], B: [0, 0], A: [0, 0], I: [0, 255] });
  const FADING_BELOW = 1; // NiiVue's scales from zero to the maximum: translucent below the minimum,
  const HIDDEN_BELOW = 2; // or transparent below it
  const FADES_AT = 0.3; // of the limit, where the figure's colours have become opaque
  const contour = { R: [0, 255], G: [0, 255], B: [0, 255], A: [0, 255], I: [0, 1], labels: ["", "reference"] };

  const short = (value) => (value === 0 ? "0" : Math.abs(value) < 0.01 || Math.abs(value) >= 1000 ? value.toExponential(2) : value.toPrecision(3)).replaceAll("-", "−");
  const chosen = (list, control) => data[list].find(({ name }) => name === element(control).value);
  const images = new Map();
  const load = async (item, options) => {
    if (!images.has(item)) images.set(item, await NVImage.loadFromBase64({ base64: item.image, name: `${item.name ?? "template"}.nii.gz`, ...options }));
    return images.get(item);
  };

  let shown = 0; // counts requests, so that a slow one does not overwrite what was chosen after it
  const showImages = async () => {
    const request = ++shown;
    const reference = chosen("references", "reference");
    const layers = [
      await load(data.template, { colormap: "gray", cal_min: 0, cal_max: 1 }),
      await load(chosen("maps", "map"), { colormap: "nothing" }),
      ...(reference ? [await load(reference, { colormap: "nothing" })] : []),
    ];
    if (request !== shown) return;
    if (reference) {
      layers[2].setColormapLabel(contour);
      layers[2].opacity = 0.001; // of what lies inside; the outline is opaque all the same
    }
    while (viewer.volumes.length) viewer.removeVolumeByIndex(viewer.volumes.length - 1);
    for (const layer of layers) viewer.addVolume(layer);
    showMap();
  };

  const showMap = () => {
    const map = chosen("maps", "map");
    const layer = viewer.volumes[1];
    const share = Number(element("threshold").value) / 100;
    const sign = document.querySelector('input[name="viewer-sign"]:checked').value;
    layer.colormap = sign === "negative" ? "nothing" : "positive"; // first: it sets limits of its own
    layer.colormapNegative = sign === "positive" ? "nothing" : "negative";
    layer.colormapType = share > 0 ? HIDDEN_BELOW : FADING_BELOW;
    layer.cal_min = (share || FADES_AT) * map.limit;
    layer.cal_max = map.limit;
    layer.cal_minNeg = -layer.cal_max;
    layer.cal_maxNeg = -layer.cal_min;
    layer.opacity = Number(element("opacity").value) / 100;
    viewer.updateGLVolume();
    element("threshold-value").textContent = `${short(share * map.limit)} (${element("threshold").value} % of ${short(map.limit)})`;
    element("opacity-value").textContent = `${element("opacity").value} %`;
    element("units").textContent = map.units;
    viewer.createOnLocationChange(); // the value under the cross-hair is that of the new map
  };

  viewer.onLocationChange = ({ mm, values }) => {
    const [x, y, z] = Array.from(mm, (place) => Math.round(place).toString().replace("-", "−"));
    const value = values[1] ? `, value ${short(values[1].value)}` : "";
    const inside = values[2] ? `, ${values[2].value >= 0.5 ? "inside" : "outside"} the reference` : "";
    element("place").textContent = `x ${x}, y ${y}, z ${z} mm${value}${inside}`;
  };

  for (const name of ["threshold", "opacity"]) element(name).addEventListener("input", showMap);
  for (const radio of document.querySelectorAll('input[name="viewer-sign"]')) radio.addEventListener("change", showMap);
  for (const name of ["map", "reference"]) element(name).addEventListener("change", showImages);
  const steps = { ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, 1, 0], ArrowDown: [0, -1, 0], PageUp: [0, 0, 1], PageDown: [0, 0, -1] };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    viewer.moveCrosshairInVox(...steps[event.key]);
  }, true);
  for (const button of document.querySelectorAll("button[data-map]")) {
    button.addEventListener("click", () => {
      element("map").value = button.dataset.map;
      element("map").dispatchEvent(new Event("change"));
      document.getElementById("viewer").scrollIntoView();
      element("map").focus({ preventScroll: true });
    });
  }

  const start = async () => {
    await viewer.attachToCanvas(canvas);
    viewer.setSliceType(SLICE_TYPE.MULTIPLANAR);
    viewer.opts.multiplanarShowRender = SHOW_RENDER.NEVER;
    await showImages();
    canvas.dataset.ready = "yes";
  };
  start();
})();
