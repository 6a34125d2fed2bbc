"""The names that microscopists give to stains: what each dye binds, or only a colour of light.

Names are written as in a paper; names of files and channels are compared with them word by word
(`name_meaning.py`).
"""

from __future__ import annotations

STAINS = {"blue": "nucleus", "green": "protein", "red": "microtubules", "yellow": "er"}
"""What each channel shows, by the atlas's convention, in the order of lists and messages."""

DYES = {
    "blue": """
        DAPI, Hoechst, bisbenzimide, DRAQ5, DRAQ7, SYTO, SYTOX, SYBR, PicoGreen, TO-PRO, PO-PRO, BO-PRO, YO-PRO, TOTO,
        YOYO, POPO, BOBO, propidium iodide, propidium, 7-AAD, ethidium, NucBlue, NucRed, NucGreen, NucSpot, NucFix,
        NuclearMask, Nuclear-ID, RedDot, DyeCycle, methyl green, Feulgen, GelRed, SiR-DNA, SiR-Hoechst
    """,
    "red": "SiR-tubulin, Tubulin Tracker",
    "yellow": "ER-Tracker, ER-ID, concanavalin A, concanavalin, ConA",
}
"""Products by the channel that they stain; a colour after such a name is a variant (SYTOX Green)."""

TARGETS = {
    "blue": "DNA, dsDNA, chromatin, histone, H2B, nuclear, nucleus, nuclei, nuc, NLS",
    "green": "protein, POI",
    "red": "tubulin, TUBA, TUBB, atubulin, btubulin, alphatubulin, betatubulin, microtubule, microtubules",
    "yellow": """
        ER, endoplasmic reticulum, reticulum, calreticulin, CALR, calnexin, CANX, PDI, protein disulfide isomerase,
        P4HB, KDEL, Sec61, BiP, GRP78, HSPA5
    """,
}
"""What the stains of each channel bind."""

PROTEIN_HINTS = "target, antibody"
"""Words that mean the protein only where no stain is named: an antibody may be one to tubulin."""

OTHER_DYES = """
    MitoTracker, MitoSOX, MitoView, TMRM, TMRE, JC-1, LysoTracker, LysoSensor, LysoView, Golgi-Tracker, phalloidin,
    SiR-actin, LifeAct, wheat germ agglutinin, WGA, Nile Red, Oil Red O, BODIPY, LipidTOX, LipidSpot, CellMask,
    CellTracker, CellTrace, CellBrite, MemBrite, RNASelect, SYTO RNASelect, calcein, DiI, DiO, DiD, FM 1-43, FM 4-64,
    cholera toxin, transferrin, Congo Red, Sirius Red, Alcian blue, Coomassie
"""
"""Products that stain none of the four."""

OTHER_TARGETS = """
    actin, F-actin, mito, mitochondria, mitochondrion, mitochondrial, mitochondrial DNA, lysosome, lysosomes, golgi,
    membrane, lipid, lipids, RNA, mtDNA, brightfield, BF, phase, phase contrast, DIC, transmitted, transmitted light,
    transmission, TL, T-PMT, ESID
"""
"""None of the four; including transmitted light."""

NEITHER = """
    ER alpha, ER beta, estrogen receptor, sarcoplasmic reticulum, gamma tubulin, acetylated tubulin,
    tyrosinated tubulin, detyrosinated tubulin, glutamylated tubulin, tubulin tyrosine ligase, nuclear envelope,
    nuclear membrane, nuclear lamina, nuclear pore, nuclear pores, nuclear speckles, nuclear bodies, nuclear factor,
    nuclear receptor, nuclear actin, histone deacetylase, DNA polymerase, DNA ligase, DNA PK, DNA PKcs, DNA damage
"""
"""Proteins and places whose names contain that of a stain; cellocate does not interpret them."""

LIGHT = {
    405: "CFP, BFP, Cerulean, Pacific Blue, Cascade Blue, AMCA, coumarin, BV421, UV",
    488: """
        GFP, EGFP, mEGFP, sfGFP, fluorescent protein, FITC, fluorescein, FAM, Alexa, Alexa Fluor, AF, Cy2, YFP, EYFP,
        Venus, Citrine, NeonGreen, mNeonGreen, Oregon Green
    """,
    555: """
        RFP, TagRFP, TRITC, Cy3, tdTomato, mScarlet, mRuby, mOrange, DsRed, rhodamine, TAMRA, PE, HaloTag, SNAP-tag,
        ATTO, DyLight, Janelia Fluor, JF, CF, Abberior, STAR
    """,
    590: "mCherry, Cherry, mKate, Texas Red, Cy3.5, ROX",
    647: "Cy5, APC, far red, iRFP, SiR, Cy5.5, NIR, near infrared, infrared",
    750: "Cy7",
}
"""Names of a colour of light without a target, by rough wavelength (nm); a number in the name takes precedence."""

COLOURS = ("red", "green", "blue", "yellow")
"""Words that mean the atlas's channel of that name if they stand alone, such as "Channel red"."""

VARIANTS = (*COLOURS, "orange", "violet", "crimson", "cyan", "gold", "white", "deep", "far", "ruby")
"""Variants that may follow the name of a product."""

NEUTRAL = ("channel", "channels", "ch", "c", "w", "image", "img", "colour", "color", "stain", "dye", "signal", "light",
           "fluorescence", "track", "t")  # fmt: skip
"""Words that may stand next to a plain colour."""
