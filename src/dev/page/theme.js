// The 31 theme tokens the platform sends to an extension, for both modes, and the mode of this page.

const tokens = {
  "--alga-primary": ["#8a4dea", "#8a4dea"],
  "--alga-primary-foreground": ["#f6f0fe", "#221743"],
  "--alga-primary-light": ["#dcc5fb", "#472a81"],
  "--alga-primary-dark": ["#7c45d3", "#a366f0"],
  "--alga-primary-50": ["#f6f0fe", "#221743"],
  "--alga-primary-100": ["#ede2fd", "#31205c"],
  "--alga-secondary": ["#40cff9", "#53d7fa"],
  "--alga-secondary-foreground": ["#ecfcfe", "#267c95"],
  "--alga-secondary-light": ["#66dffb", "#40cff9"],
  "--alga-accent": ["#ff9c30", "#ffa645"],
  "--alga-accent-foreground": ["#fff6e6", "#2d1e0c"],
  "--alga-danger": ["#ef4444", "#ef4444"],
  "--alga-danger-dark": ["#dc2626", "#ef4444"],
  "--alga-fg": ["#0f172a", "#e8e4f6"],
  "--alga-warning": ["#f59e0b", "#f59e0b"],
  "--alga-muted-fg": ["#64748b", "#9a92b8"],
  "--alga-border": ["#e2e8f0", "#312952"],
  "--alga-border-light": ["#f1f5f9", "#1b1530"],
  "--alga-bg": ["#f7f8fa", "#0c0a18"],
  "--alga-card-bg": ["#ffffff", "#1e1836"],
  "--alga-muted": ["#f8fafc", "#130d24"],
  "--alga-row-even": ["#f8fafc", "#130d24"],
  "--alga-row-odd": ["#f7f8fa", "#0c0a18"],
  "--alga-row-hover": ["#f6f0fe", "#221743"],
  "--alga-primary-soft": ["#f6f0fe", "#221743"],
  "--alga-primary-soft-fg": ["#6e3dbb", "#b589f6"],
  "--alga-primary-soft-hover": ["#ede2fd", "#31205c"],
  "--alga-primary-border": ["#caa8f9", "#5f35a8"],
  "--alga-success": ["#22c55e", "#10b981"],
  "--alga-radius": ["8px", "8px"],
  "--alga-ring": ["0 0% 0%", "0 0% 0%"],
};

const key = "__alga:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const remembered = () => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

/** `light` or `dark`. */
export const mode = () => document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light");

/** The tokens of the present mode: CSS variable → value. */
export const themeTokens = () => {
  const column = mode() === "dark" ? 1 : 0;
  return Object.fromEntries(Object.entries(tokens).map(([name, values]) => [name, values[column]]));
};

/** Takes the mode chosen before, else the system's; `changed` runs at each change from then on. */
export const start = (changed) => {
  const before = remembered();
  if (before === "light" || before === "dark") document.documentElement.dataset.theme = before;
  system.addEventListener("change", changed);
  return () => {
    const next = mode() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem(key, next);
    } catch {
      // A page without storage forgets the choice, nothing more.
    }
    changed();
  };
};
