"""The texts that nuclear medicine stands on. `edition` is what is cited; none was read here in full."""

from __future__ import annotations

from kilter.measure.citation import Citation

NEMA_NU_1 = Citation("NEMA NU 1", "Performance measurements of gamma cameras", "2018", "uniformity")
NMQC = Citation(
    "IAEA NMQC", "IAEA-NMQC toolkit: planar uniformity, a plug-in for ImageJ", "2017", "operator manual"
)
ICRP_107 = Citation("ICRP 107", "Nuclear decay data for dosimetric calculations", "2008")
BATEMAN = Citation("Bateman", "Solution of a system of differential equations in radioactive decay", "1910")
CFR_35_204 = Citation("10 CFR 35.204", "Permissible molybdenum-99 and strontium concentrations", "2002")
PH_EUR_TC = Citation("Ph. Eur. 0124", "Sodium pertechnetate (Tc-99m) injection (fission)", "11")
USP_TC = Citation("USP Sodium Pertechnetate", "Sodium pertechnetate Tc 99m injection", "2023")
UAMS_RCP = Citation(
    "UAMS procedure IV", "Nuclear pharmacy: radiochemical purity by two chromatography strips", "2000"
)
CFR_35_63 = Citation("10 CFR 35.63", "Determination of dosages of unsealed byproduct material", "2002")
ARSAC = Citation(
    "ARSAC notes", "Notes for guidance on the clinical administration of radiopharmaceuticals", "2025"
)
EANM_CARD = Citation("EANM dosage card", "EANM paediatric dosage card", "2016")
ICRP_128 = Citation("ICRP 128", "Radiation dose to patients from radiopharmaceuticals: a compendium", "2015")
AAPM_181 = Citation(
    "AAPM report 181", "Selection, use, calibration and quality assurance of calibrators", "2012"
)
NPL_93 = Citation(
    "NPL GPG 93", "Protocol for establishing and maintaining calibration of radionuclide calibrators", "2006"
)
CURRIE = Citation("Currie", "Limits for qualitative detection and quantitative determination", "1968")
ISO_11929 = Citation("ISO 11929-1", "Characteristic limits for measurements of ionizing radiation", "2019")
ISO_7503 = Citation("ISO 7503-1", "Measurement and evaluation of surface contamination", "2016")
ISO_9978 = Citation("ISO 9978", "Sealed radioactive sources: leakage test methods", "2020")
IAEA_SSR_6 = Citation("IAEA SSR-6", "Regulations for the safe transport of radioactive material", "2018")
BNMS_GFR = Citation(
    "BNMS GFR guidelines", "Glomerular filtration rate measurement by the slope-intercept method", "2018"
)
HAYCOCK = Citation("Haycock", "Geometric method for measuring body surface area", "1978")
DU_BOIS = Citation("Du Bois", "A formula to estimate the approximate surface area", "1916")
BROCHNER_MORTENSEN = Citation(
    "Brøchner-Mortensen", "A simple method for the determination of glomerular filtration rate", "1972"
)
JODAL = Citation("Jodal and Brøchner-Mortensen", "Reassessment of a one-pool clearance correction", "2009")
NRC_8_39 = Citation("NRC RG 8.39", "Release of patients administered radioactive materials", "2020")
MDGN = Citation("IPEM MDGN", "Medical and Dental Guidance Notes: patients leaving hospital", "2002")
IAEA_UPTAKE = Citation("IAEA thyroid uptake", "Quality assurance of thyroid uptake measurements", "1996")
MIRD_21 = Citation("MIRD 21", "A generalized schema for radiopharmaceutical dosimetry", "2009")
EANM_DOSIMETRY = Citation("EANM uncertainty", "EANM practical guidance on uncertainty for dosimetry", "2018")
CFR_35_92 = Citation("10 CFR 35.92", "Decay-in-storage", "2002")
NEMA_NU_2 = Citation("NEMA NU 2", "Performance measurements of positron emission tomographs", "2018")
EARL = Citation("EARL", "EANM research: FDG-PET/CT accreditation, calibration quality control", "2021")
HANDER = Citation(
    "Hander", "Rapid objective measurement of gamma camera resolution using statistical moments", "1997"
)
IAEA_PUB_1394 = Citation("IAEA Pub. 1394", "Quality assurance for SPECT systems", "2009")
DICOM_PET = Citation(
    "DICOM PS3.3", "Information object definitions: PET series, image and isotope modules", "2024"
)
