"""Tools for one repository or a thousand: adopt, preview, drift, restore, campaign."""
